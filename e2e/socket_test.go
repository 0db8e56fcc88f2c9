package e2e

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// need skips where a program is not installed; in CI that is a failure.
func need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed: scripts/setup does it", program)
		}
		t.Skipf("%s is not installed", program)
	}
}

// brokenProject has one template with a complaint.
func brokenProject(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "tests/shop.clnrm.toml", "[meta]\nname = \"shop\"\nversion = \"1\"\n")
	return dir
}

func TestNeovimShowsTheProblemsOfTheDashboard(t *testing.T) {
	need(t, "nvim")
	dir := brokenProject(t)
	tm := open(t, dir, 100, 30, "--socket", filepath.Join(dir, "socket"), "tests")
	tm.wait(0, "shop")
	glue, err := filepath.Abs("../examples/editors/neovim/clnrm.lua")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nvim", "--headless", "-u", "NONE", "-i", "NONE", "tests/shop.clnrm.toml",
		"-c", "lua clnrm = dofile('"+glue+"'); clnrm.connect('socket')",
		"-c", "lua vim.wait(15000, function() return #vim.fn.getqflist() > 0 and #vim.diagnostic.get(0) > 0 end, 10)",
		"-c", "lua q = vim.fn.getqflist()[1]; print(q and (vim.fn.bufname(q.bufnr) .. ':' .. q.lnum .. ':' .. q.type) or 'nothing came')",
		"-c", "ClnrmRun", "-c", "qa!")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "tests/shop.clnrm.toml:1:E") {
		t.Errorf("nvim says %q, %v", out, err)
	}
	if err := tm.quit(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "socket")); err == nil {
		t.Error("the socket is left behind")
	}
}

func TestSocketWorksWhileAnEditorHasTheTerminal(t *testing.T) {
	dir := brokenProject(t)
	t.Setenv("VISUAL", "")
	write(t, dir, "ed.sh", "#!/bin/sh\necho EDITING\nread x\n")
	if err := os.Chmod(filepath.Join(dir, "ed.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EDITOR", filepath.Join(dir, "ed.sh"))
	tm := open(t, dir, 100, 30, "--socket", filepath.Join(dir, "socket"), "tests")
	tm.wait(0, "nothing-to-run")
	mark := tm.mark()
	tm.press("o")
	tm.wait(mark, "EDITING")
	c, err := net.Dial("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewScanner(c)
	for _, x := range []struct{ ask, want string }{
		{"", `{"clnrm":1,`},
		{`{"do":"recheck","at":"tests/shop.clnrm.toml"}`, `{"ok":true}`},
		{`{"do":"problems"}`, `{"ok":true,"problems":`},
	} {
		if x.ask != "" {
			if _, err := c.Write([]byte(x.ask + "\n")); err != nil {
				t.Fatal(err)
			}
		}
		if !in.Scan() || !strings.HasPrefix(in.Text(), x.want) {
			t.Errorf("%s: %s, want %s", x.ask, in.Text(), x.want)
		}
	}
	mark = tm.mark()
	tm.press("\n")
	tm.wait(mark, "Templates")
	if err := tm.quit(); err != nil {
		t.Error(err)
	}
}

func TestTheSettingsOpenTheSocketOfTheFirstDashboard(t *testing.T) {
	dir := brokenProject(t)
	write(t, dir, "cleanroom.toml", "[dashboard]\nsocket = \".clnrm/socket\"\n")
	first := open(t, dir, 100, 30, "tests")
	first.wait(0, "shop")
	socket := filepath.Join(dir, ".clnrm", "socket")
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	second := open(t, dir, 100, 30, "tests")
	second.wait(0, "Editors cannot use this dashboard")
	if err := second.quit(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(socket); err != nil {
		t.Errorf("the second dashboard took the socket of the first: %v", err)
	}
	if err := first.quit(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(socket); err == nil {
		t.Error("the socket is left behind")
	}
}
