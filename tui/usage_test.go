package tui

import (
	"testing"
	"time"
)

func TestProcessIsLookedAtOnceASecondAtMost(t *testing.T) {
	var u usage
	now := time.Unix(1000, 0)
	first := u.sample(now)
	if first.CPU >= 0 || first.Goroutines < 1 || first.ResidentKB < 1000 {
		t.Errorf("the first look says %+v", first)
	}
	for cpu := processorTime(); processorTime() < cpu+20*time.Millisecond; { // work
	}
	if again := u.sample(now.Add(usageEvery - 1)); again != first {
		t.Errorf("looked again too soon: %+v", again)
	}
	if later := u.sample(now.Add(usageEvery)); later.CPU < 0.02 {
		t.Errorf("20 ms of work in a second are %.3f of a core", later.CPU)
	}
}
