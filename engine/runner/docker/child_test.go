package docker

func runChildIfRequested() {}
