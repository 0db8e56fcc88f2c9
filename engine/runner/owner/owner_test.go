package owner

import (
	"strconv"
	"testing"
)

func TestIdentityTellsTheDeadFromTheLiving(t *testing.T) {
	me, err := This()
	if err != nil {
		t.Fatal(err)
	}
	if back, ok := Parse(me.String()); !ok || back != me {
		t.Errorf("%q reads as %+v", me, back)
	}
	init := me
	init.PID = 1
	if init.Start, err = startTime(1); err != nil {
		t.Fatal(err)
	}
	reused := init
	reused.Start = strconv.Itoa(12345678)
	for name, tc := range map[string]struct {
		i    Process
		dead bool
	}{"me": {me, false}, "init": {init, false}, "pid used again": {reused, true}} {
		if got := tc.i.Dead(me); got != tc.dead {
			t.Errorf("%s: dead = %v", name, got)
		}
	}
	for _, label := range []string{"", "a/b", "a/b/c/d/e", "a/b/c/1/e/f"} {
		if _, ok := Parse(label); ok {
			t.Errorf("%q is taken for an identity", label)
		}
	}
}
