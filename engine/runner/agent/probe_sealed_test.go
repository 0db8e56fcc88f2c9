package agent

import (
	"strings"
	"testing"
)

func TestAddressesOfIPVersion6AreAWayOut(t *testing.T) {
	const lo = "00000000000000000000000000000001 01 80 10 80       lo\n"
	if err := onlyLoopback(lo); err != nil {
		t.Error(err)
	}
	if err := onlyLoopback(lo + "fe800000000000004c16c9fffe3eea11 02 40 20 c0     eth0\n"); err == nil || !strings.Contains(err.Error(), "eth0 has an address of IP version 6") {
		t.Errorf("err = %v", err)
	}
}
