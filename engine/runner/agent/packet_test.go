package agent

import (
	"bytes"
	"encoding/hex"
	"net"
	"net/netip"
	"testing"
)

var (
	relayMAC = net.HardwareAddr{2, 0, 0, 0, 0, 9}
	endA     = RelayEnd{Name: "a", IP: netip.MustParseAddr("10.213.0.2"), MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}}
	endB     = RelayEnd{Name: "b", IP: netip.MustParseAddr("10.213.0.3"), MAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}}
)

// The frames that a relay writes are what RFC 826, 791 and 792 say, byte by byte.
func TestFramesOfARelay(t *testing.T) {
	for name, c := range map[string]struct {
		frame []byte
		want  string
	}{
		"request": {arpRequest(relayMAC, endA, endB.IP, relayMAC), "020000000001" + "020000000009" + "0806" + "0001080006040001" + "020000000009" + "0ad50003" + "000000000000" + "0ad50002"},
		"reply":   {arpReply(relayMAC, endA, endB.IP, endB.MAC), "020000000001" + "020000000009" + "0806" + "0001080006040002" + "020000000002" + "0ad50003" + "020000000001" + "0ad50002"},
		"echo": {echoRequest(relayMAC, endA, endB.IP, 7), "00000000000000000000" + "020000000001" + "020000000009" + "0800" +
			"4500001c00000000400165330ad500030ad50002" + "080036aac14e0007"},
	} {
		if got := hex.EncodeToString(c.frame); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, c.want)
		}
	}
}

func TestRelayReadsWhatItIsAnswered(t *testing.T) {
	frame := echoRequest(endA.MAC, RelayEnd{IP: endB.IP, MAC: relayMAC}, endA.IP, 513)[offloadLen:]
	p, ok := parseIP(frame)
	if !ok || p.answers || p.from != endA.IP || p.to != endB.IP || !bytes.Equal(p.dst, relayMAC) {
		t.Errorf("a question: %+v, %t", p, ok)
	}
	frame[etherLen+ipv4Len] = echoReplies
	if p, ok = parseIP(frame); !ok || !p.answers || p.question != 513 {
		t.Errorf("an answer: %+v, %t", p, ok)
	}
	frame[etherLen+ipv4Len+5]++
	if p, ok = parseIP(frame); !ok || p.answers {
		t.Errorf("the answer to somebody else: %+v, %t", p, ok)
	}
	a, ok := parseARP(arpRequest(endA.MAC, RelayEnd{IP: endB.IP, MAC: relayMAC}, endA.IP, endA.MAC))
	if !ok || !a.asks || a.from != endA.IP || a.about != endB.IP || !bytes.Equal(a.src, endA.MAC) || !bytes.Equal(a.dst, relayMAC) {
		t.Errorf("%+v, %t", a, ok)
	}
}

// What comes over a network is not trusted, however short it is.
func FuzzFrames(f *testing.F) {
	f.Add(echoRequest(endA.MAC, endB, endA.IP, 1)[offloadLen:])
	f.Add(arpReply(endA.MAC, endB, endA.IP, endA.MAC))
	f.Fuzz(func(_ *testing.T, frame []byte) {
		_, _ = parseIP(frame)
		_, _ = parseARP(frame)
	})
}
