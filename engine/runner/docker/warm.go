package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
)

// warmPool holds sessions that were created ahead: containers in which the agent
// waits and nothing of the test has begun. Each is used once, by a scenario that
// would have been given exactly such containers, or removed.
type warmPool struct {
	mu      sync.Mutex
	list    []*warmed
	keeping sync.Mutex // held by KeepWarm: one at a time
}

// warmed is one session in the pool.
type warmed struct {
	key    string
	s      *session
	cancel context.CancelFunc
	done   chan struct{} // closed when it was created, or could not be
	err    error         // set when done is closed
}

// KeepWarm sees to it that containers for the requests are there when they are
// opened: those that are missing are created, in this order, and what is there
// for others is removed. Together they are never more than most containers. What
// cannot be prepared is left out: opening it will say why.
func (b *Backend) KeepWarm(ctx context.Context, want []runner.Request, most int) error {
	b.warm.keeping.Lock()
	defer b.warm.keeping.Unlock()
	c, err := b.connect(ctx)
	if err != nil {
		return err
	}
	var ahead []*warmed
	total := 0
	for _, r := range want {
		s := &session{b: b, c: c, req: r, out: silent{}, token: owner.Token(), links: newLinks(), restarts: newRestarts()}
		if total+len(r.Services) > most || s.prepare(ctx) != nil {
			continue
		}
		total += len(r.Services)
		ahead = append(ahead, &warmed{key: s.key(), s: s, done: make(chan struct{})})
	}
	missing, err := b.warm.keep(ctx, ahead)
	for _, w := range missing {
		if err != nil || ctx.Err() != nil {
			break
		}
		err = b.heat(ctx, w)
	}
	return err
}

// heat creates the containers of one session for the pool.
func (b *Backend) heat(ctx context.Context, w *warmed) error {
	ctx, w.cancel = context.WithCancel(ctx)
	defer w.cancel()
	ctx, done, err := b.sessions.Enter(ctx, w.s)
	if err != nil {
		return err
	}
	defer done()
	b.warm.mu.Lock()
	b.warm.list = append(b.warm.list, w)
	b.warm.mu.Unlock()
	w.err = w.s.create(ctx)
	close(w.done)
	if w.err != nil {
		b.warm.remove(w)
		return w.s.Close(ctx)
	}
	return nil
}

// place gives a prepared session its containers: those that were created ahead
// for exactly such a session, or new ones. Containers are never created beside
// others that wait for something else, so that the limits hold. The session
// returned is the one to go on with, and to close.
func (b *Backend) place(ctx context.Context, s *session) (*session, error) {
	if w := b.warm.take(s.key()); w != nil {
		select {
		case <-w.done:
		case <-ctx.Done():
			w.cancel()
			<-w.done
		}
		if w.err == nil && w.s.alive() {
			w.s.adopt(s)
			b.sessions.Leave(s)
			return w.s, nil
		}
		if err := w.s.Close(ctx); err != nil {
			return s, err
		}
	}
	if err := b.warm.clear(ctx); err != nil {
		return s, err
	}
	return s, s.create(ctx)
}

// adopt makes a session that was created ahead the one of a request for exactly
// such containers. Nothing runs in it yet.
func (s *session) adopt(asked *session) {
	s.req, s.out = asked.req, asked.out
	for i, n := range s.nodes {
		n.svc = asked.nodes[i].svc
		n.await.Spec = n.svc
	}
}

// alive reports whether every agent still answers.
func (s *session) alive() bool {
	return !slices.ContainsFunc(s.nodes, func(n *node) bool {
		select {
		case <-n.client.Done():
			return true
		default:
			return false
		}
	})
}

// key is the same for two prepared sessions exactly when their containers, and
// what runs in them first, are the same: images by content, environment, mounts,
// limits, and all that the test says about its services but for where it says it.
func (s *session) key() string {
	type part struct {
		Service any
		Image   string
		Mounts  any
		Env     []string
		User    string
		Dir     string
		Limits  string
	}
	parts := make([]part, len(s.nodes))
	for i, n := range s.nodes {
		parts[i] = part{unplaced(*n.svc), n.image.ID, n.mounts, n.env.List(), n.user, n.dir, fmt.Sprintf("%+v", n.limits)}
	}
	// Steps and expectations do not change what they run in.
	file, scenario := *s.req.File, *s.req.Scenario
	file.Scenarios, file.Expect, file.Hash = nil, nil, ""
	scenario.Steps, scenario.Expect = nil, nil
	text, err := json.Marshal([]any{s.req.Dir, unplaced(file), unplaced(scenario), s.req.Limits, parts})
	if err != nil {
		return owner.Token() // like nothing else
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// unplaced is a value as JSON has it, without the positions in the file.
func unplaced(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return owner.Token() // like nothing else
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return owner.Token()
	}
	return prune(tree)
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if strings.HasSuffix(k, "Pos") {
				delete(v, k)
			} else {
				v[k] = prune(x)
			}
		}
	case []any:
		for i, x := range v {
			v[i] = prune(x)
		}
	}
	return v
}

// take takes the session with that key out of the pool; nil when there is none.
func (p *warmPool) take(key string) *warmed {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.list, func(w *warmed) bool { return w.key == key })
	if i < 0 {
		return nil
	}
	w := p.list[i]
	p.list = slices.Delete(p.list, i, i+1)
	return w
}

// remove takes one session out of the pool if it is still there.
func (p *warmPool) remove(w *warmed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = slices.DeleteFunc(p.list, func(x *warmed) bool { return x == w })
}

// keep removes what is not wanted, or has died, and returns what is missing.
func (p *warmPool) keep(ctx context.Context, want []*warmed) (missing []*warmed, err error) {
	p.mu.Lock()
	var drop []*warmed
	p.list = slices.DeleteFunc(p.list, func(w *warmed) bool {
		wanted := slices.ContainsFunc(want, func(x *warmed) bool { return x.key == w.key })
		if wanted && w.s.alive() {
			return false
		}
		drop = append(drop, w)
		return true
	})
	for _, w := range want {
		if !slices.ContainsFunc(p.list, func(x *warmed) bool { return x.key == w.key }) {
			missing = append(missing, w)
		}
	}
	p.mu.Unlock()
	return missing, discard(ctx, drop)
}

// clear removes everything that waits.
func (p *warmPool) clear(ctx context.Context) error {
	p.mu.Lock()
	drop := p.list
	p.list = nil
	p.mu.Unlock()
	return discard(ctx, drop)
}

// discard takes sessions down that nobody can take any more.
func discard(ctx context.Context, list []*warmed) error {
	var g errgroup.Group
	for _, w := range list {
		g.Go(func() error {
			w.cancel()
			<-w.done
			return w.s.Close(ctx)
		})
	}
	return g.Wait()
}
