package cmd

import (
	"os"
	"syscall"
	"testing"
)

func TestKeyboardIsLeftToOthersWhileTheyHaveTheTerminal(t *testing.T) {
	ctx, in, stop := untilInterrupted()
	defer stop()
	raise := func(s syscall.Signal) {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	in.leave(true)
	raise(syscall.SIGINT)
	<-in.spare[1]
	raise(syscall.SIGQUIT)
	<-in.spare[1]
	in.leave(false)
	if ctx.Err() != nil {
		t.Error("ctrl+c for another program ended this one")
	}
	raise(syscall.SIGINT)
	<-ctx.Done()
}
