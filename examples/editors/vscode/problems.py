#!/usr/bin/env python3
"""Prints the problems of a dashboard for the problem matcher of tasks.json.

usage: problems.py SOCKET
"""
import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as s:
    s.connect(sys.argv[1])
    s.sendall(b'{"do":"subscribe"}\n')
    for line in s.makefile(encoding="utf-8"):
        message = json.loads(line)
        if message.get("event") != "problems":
            continue
        print("clnrm: begin")
        for problem in message["problems"]["lines"]:
            print(problem)
        print("clnrm: end", flush=True)
