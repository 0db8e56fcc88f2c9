package agent

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// seeARP answers an end that asks for another one, as it does from time to time
// where it believes that one to be. When the ends may have heard something else,
// they are told again.
func (r *relay) seeARP(frame []byte) {
	a, ok := parseARP(frame)
	if !ok || bytes.Equal(a.src, r.mac) || !a.asks && bytes.Equal(a.dst, r.mac) {
		return // an answer to what this program has said
	}
	if f := r.flows[way{a.from, a.about}]; f != nil && a.asks {
		r.mu.Lock()
		at := r.at(a.about)
		if err := send(r.arp, arpReply(r.mac, r.ends[a.from], a.about, at)); err != nil && r.broken == nil {
			r.broken = fmt.Errorf("answer %s: %w", r.ends[a.from].Name, err)
		}
		r.mu.Unlock()
	}
	if _, ours := r.ends[a.from]; ours {
		r.tell()
	}
}

// at is where an end is to be believed now. The caller holds mu.
func (r *relay) at(end netip.Addr) net.HardwareAddr {
	if r.diverts {
		return r.mac
	}
	return r.ends[end].MAC
}

// tell tells every end of a link where to send what is for the other one.
func (r *relay) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := range r.flows {
		// A request is believed even by who did not ask, a reply is not.
		if err := send(r.arp, arpRequest(r.mac, r.ends[w.from], w.to, r.at(w.to))); err != nil && r.broken == nil {
			r.broken = fmt.Errorf("tell %s the way: %w", r.ends[w.from].Name, err)
		}
	}
}

// ask sends every end a question in the name of the other one. The answer comes
// this way exactly when everything else does.
func (r *relay) ask(question uint16) {
	for w := range r.flows {
		if err := send(r.ip, echoRequest(r.mac, r.ends[w.from], w.to, question)); err != nil {
			r.fail(fmt.Errorf("ask %s the way: %w", r.ends[w.from].Name, err))
		}
	}
}

// divert makes this the way, proves it, and goes on telling so.
func (r *relay) divert() error {
	r.mu.Lock()
	r.diverts = true
	r.mu.Unlock()
	limit := time.Now().Add(relaySettle)
	for question := uint16(1); ; question++ {
		r.tell()
		r.ask(question)
		time.Sleep(relayRepeat)
		missing, err := r.missing()
		if err != nil {
			return err
		}
		if missing == nil {
			break
		}
		if time.Now().After(limit) {
			return fmt.Errorf("what %s sends to %s does not come this way: not within %s, and the network must be a bridge on which containers may send each other any frame",
				r.ends[missing.from].Name, r.ends[missing.to].Name, relaySettle)
		}
	}
	go func() {
		for range time.Tick(relayRepeat) {
			r.mu.Lock()
			diverts := r.diverts
			r.mu.Unlock()
			if !diverts {
				return
			}
			r.tell()
		}
	}()
	return nil
}

// missing returns a way that no answer has come yet.
func (r *relay) missing() (*way, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := range r.flows {
		if r.answered[w] == 0 {
			return &w, r.broken
		}
	}
	return nil, r.broken
}

// healQuestion is what is asked first when the ends are to reach each other
// again.
const healQuestion = 1 << 15

// heal gives the ends each other's addresses back and proves that nothing comes
// this way any more.
func (r *relay) heal() error {
	r.mu.Lock()
	r.diverts = false
	r.mu.Unlock()
	limit := time.Now().Add(relaySettle)
	for question := uint16(healQuestion); ; question++ {
		r.tell()
		r.ask(question)
		time.Sleep(relayRepeat)
		r.mu.Lock()
		stray, err := false, r.broken
		for _, q := range r.answered {
			stray = stray || q >= question
		}
		r.mu.Unlock()
		switch {
		case err != nil:
			return err
		case !stray && r.held.Load() == 0:
			return nil
		case time.Now().After(limit):
			return fmt.Errorf("packets still come this way %s after the end", relaySettle)
		}
	}
}
