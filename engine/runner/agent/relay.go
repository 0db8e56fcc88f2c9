package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// RelayArg is the first argument that makes a program stand between members of
// its network and hold back, or lose, the packets that they send each other. The
// next is a RelayPlan as JSON.
//
// Each end of a link is told, by ARP, that the other end has an address of this
// program, which nobody else has; so the packets of connections that are open
// already come this way too. It needs one network interface, on a bridge, and the
// capability NET_RAW.
//
// It prints Acts when the packets of all links are proved to come its way. When
// it is told to end (SIGTERM) it lets go what it holds, sees to it that the ends
// reach each other again, and prints RelayCounts as JSON.
const RelayArg = "clnrm-agent-relay"

// RelayPlan says which links a relay stands in.
type RelayPlan struct {
	Links []RelayLink `json:"links"`
}

// RelayLink is what two members of the network send each other, either way.
type RelayLink struct {
	Ends    [2]RelayEnd   `json:"ends"`
	Latency time.Duration `json:"latency"` // every packet is held back for at least as long
	Jitter  time.Duration `json:"jitter"`  // and up to as much longer; their order is kept
	Loss    float64       `json:"loss"`    // share of the packets that is lost, 0 to 1
	// Seed, when there is one, makes the dice fall alike: the same packets of each
	// direction, counted from the first, are lost.
	Seed *uint64 `json:"seed,omitempty"`
}

// RelayEnd is one member of the network.
type RelayEnd struct {
	Name string           `json:"name"` // for people
	IP   netip.Addr       `json:"ip"`   // version 4
	MAC  net.HardwareAddr `json:"mac"`
}

// RelayCounts is what a relay has done.
type RelayCounts struct {
	Links  []RelayCount `json:"links"`  // as in the plan
	Missed int64        `json:"missed"` // packets of any link that came faster than they could be read
}

// RelayCount is what a relay has done to one link, in packets as the kernels
// hand them over: a burst of a connection may be one.
type RelayCount struct {
	Carried int64 `json:"carried"` // delivered, held back as asked
	Lost    int64 `json:"lost"`    // on purpose
	Crowded int64 `json:"crowded"` // lost because too much was held already
}

const (
	// relaySettle bounds how long it may take until all packets come this way, or
	// none does any more.
	relaySettle = 12 * time.Second
	// relayRepeat is how often the ends are told where the other one is.
	relayRepeat = 50 * time.Millisecond
	// relayHeld bounds the bytes that are held back at a time, all links together.
	relayHeld = 32 << 20
	// relayQueue bounds the packets that are held back at a time, of one link and
	// direction.
	relayQueue = 16 << 10
)

// relay is the state of such a program.
type relay struct {
	mac     net.HardwareAddr // nobody's
	ip, arp int              // sockets
	links   []*relayLink
	flows   map[way]*flow
	ends    map[netip.Addr]RelayEnd
	held    atomic.Int64
	over    chan struct{} // closed when nothing is held back any more

	mu       sync.Mutex
	diverts  bool           // the ends are told that this is the way
	answered map[way]uint16 // the latest question whose answer came this way
	broken   error          // a socket failed
}

// way is from one end to another.
type way struct{ from, to netip.Addr }

type relayLink struct {
	RelayLink
	carried, lost, crowded atomic.Int64
}

// flow is one direction of a link: packets wait in it in the order in which they
// came.
type flow struct {
	link  *relayLink
	to    RelayEnd
	queue chan held
	last  time.Time // when the latest one is due
	dice  *rand.Rand
}

type held struct {
	frame []byte
	due   time.Time
}

// standBetween is the relay until it is told to end. It returns the exit status.
func standBetween(args []string, out io.Writer) int {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	var plan RelayPlan
	err := errors.New("there must be one plan")
	if len(args) == 1 {
		err = json.Unmarshal([]byte(args[0]), &plan)
	}
	var r *relay
	if err == nil {
		r, err = newRelay(plan)
	}
	if err == nil {
		err = r.divert()
	}
	if err == nil {
		_, err = fmt.Fprintln(out, Acts)
	}
	if err == nil {
		<-end
		close(r.over)
		err = r.heal()
	}
	if err == nil {
		err = json.NewEncoder(out).Encode(r.counts())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "clnrm agent: relay:", err)
		return 1
	}
	return 0
}

func newRelay(plan RelayPlan) (*relay, error) {
	device, err := onlyInterface()
	if err != nil {
		return nil, err
	}
	r := &relay{
		mac: nobodysMAC(), flows: map[way]*flow{}, ends: map[netip.Addr]RelayEnd{},
		over: make(chan struct{}), answered: map[way]uint16{},
	}
	for _, l := range plan.Links {
		link := &relayLink{RelayLink: l}
		r.links = append(r.links, link)
		for i, end := range l.Ends {
			to := l.Ends[1-i]
			if !end.IP.Is4() || len(end.MAC) != macLen {
				return nil, fmt.Errorf("%s has no address of version 4 in the network", end.Name)
			}
			r.ends[end.IP] = end
			r.flows[way{end.IP, to.IP}] = &flow{link: link, to: to, queue: make(chan held, relayQueue), dice: l.dice(end, to)}
		}
	}
	if r.arp, err = packetSocket(etherARP, device); err != nil {
		return nil, err
	}
	if r.ip, err = packetSocket(etherIP, device); err == nil {
		err = offloads(r.ip)
	}
	if err != nil {
		return nil, err
	}
	go r.receive(r.arp, 0, r.seeARP)
	go r.receive(r.ip, offloadLen, r.seeIP)
	for _, f := range r.flows {
		go r.carry(f)
	}
	return r, nil
}

// dice are those of one direction of a link.
func (l *RelayLink) dice(from, to RelayEnd) *rand.Rand {
	if l.Seed == nil {
		return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // dice, not a secret
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s", from.Name, to.Name)
	return rand.New(rand.NewPCG(*l.Seed, h.Sum64())) //nolint:gosec // dice, not a secret
}

// onlyInterface returns the one interface that is not the loopback.
func onlyInterface() (index int, err error) {
	list, err := net.Interfaces()
	if err != nil {
		return 0, fmt.Errorf("list the network interfaces: %w", err)
	}
	for _, i := range list {
		if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 && len(i.HardwareAddr) == macLen {
			return i.Index, nil
		}
	}
	return 0, errors.New("there is no network interface")
}

// receive hands every frame that comes on a socket to see.
func (r *relay) receive(socket, before int, see func(frame []byte)) {
	buf := make([]byte, before+etherLen+1<<17)
	for {
		n, err := syscall.Read(socket, buf)
		switch {
		case err == syscall.EINTR || err == syscall.ENOBUFS:
		case err != nil:
			r.fail(fmt.Errorf("receive packets: %w", err))
			return
		case n >= before+etherLen:
			see(buf[:n])
		}
	}
}

func (r *relay) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken == nil {
		r.broken = err
	}
}

// seeIP takes a packet that goes this way. A frame has the offloads before it.
func (r *relay) seeIP(frame []byte) {
	p, ok := parseIP(frame[offloadLen:])
	if !ok || !bytes.Equal(p.dst, r.mac) {
		return
	}
	f := r.flows[way{p.from, p.to}]
	if f == nil {
		return
	}
	if p.answers {
		r.mu.Lock()
		r.answered[way{p.from, p.to}] = p.question
		r.mu.Unlock()
		return
	}
	f.take(r, frame)
}

// take keeps a packet until it is due, or loses it.
func (f *flow) take(r *relay, frame []byte) {
	over := false
	select {
	case <-r.over:
		over = true
	default:
	}
	l := f.link
	if !over && l.Loss > 0 && f.dice.Float64() < l.Loss {
		l.lost.Add(1)
		return
	}
	if r.held.Add(int64(len(frame))) > relayHeld {
		r.held.Add(-int64(len(frame)))
		l.crowded.Add(1)
		return
	}
	due := time.Now().Add(l.Latency)
	if l.Jitter > 0 {
		due = due.Add(time.Duration(f.dice.Int64N(int64(l.Jitter) + 1)))
	}
	if due.Before(f.last) {
		due = f.last
	}
	f.last = due
	select {
	case f.queue <- held{bytes.Clone(frame), due}:
	default:
		r.held.Add(-int64(len(frame)))
		l.crowded.Add(1)
	}
}

// carry delivers the packets of a flow when they are due, or at once when it is
// over.
func (r *relay) carry(f *flow) {
	for h := range f.queue {
		if wait := time.Until(h.due); wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-r.over:
				timer.Stop()
			}
		}
		r.held.Add(-int64(len(h.frame)))
		readdress(h.frame[offloadLen:], f.to.MAC, r.mac)
		if err := send(r.ip, h.frame); err != nil {
			r.fail(fmt.Errorf("pass a packet on: %w", err))
			continue
		}
		f.link.carried.Add(1)
	}
}

func (r *relay) counts() RelayCounts {
	c := RelayCounts{Missed: missed(r.ip)}
	for _, l := range r.links {
		c.Links = append(c.Links, RelayCount{l.carried.Load(), l.lost.Load(), l.crowded.Load()})
	}
	return c
}
