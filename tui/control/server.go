package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// The bounds of what clients can make the dashboard keep.
const (
	maxLine    = 64 << 10
	maxClients = 16
	// writeWait is how long a client may take to read a line before it is cut
	// off.
	writeWait = 5 * time.Second
)

// Engine is what wishes go to; *engine.Engine satisfies it.
type Engine interface {
	Snapshot() *engine.Snapshot
	Run(ids []engine.ScenarioID) error
	RunWith(ids []engine.ScenarioID, o engine.RunOptions) error
	RunAll() error
	RunFailed() error
	Stop(ids []engine.ScenarioID) error
	Recheck(path string)
}

// Server answers clients. Make it with Listen.
type Server struct {
	path    string
	l       *net.UnixListener
	engine  Engine
	do      func(ctx context.Context, action string, a Args) error
	actions []Action

	mu      sync.Mutex
	clients map[*client]bool
	wg      sync.WaitGroup
}

// Listen makes the socket at path. do carries out an action of the dashboard
// and returns why it is not possible; it must end soon after its context.
func Listen(path string, e Engine, actions []Action, do func(ctx context.Context, action string, a Args) error) (*Server, error) {
	l, err := listen(path)
	if err != nil {
		return nil, err
	}
	return &Server{path: path, l: l, engine: e, do: do, actions: actions, clients: map[*client]bool{}}, nil
}

// Serve answers until ctx ends. When it returns, the socket is gone and no
// client is left.
func (s *Server) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { s.l.Close() })
	defer stop()
	var err error
	for {
		var c *net.UnixConn
		if c, err = s.l.AcceptUnix(); err != nil {
			break
		}
		s.welcome(ctx, c)
	}
	s.mu.Lock()
	for c := range s.clients {
		c.conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, os.Remove(s.path))
}

// welcome starts to talk to a client, if it may connect.
func (s *Server) welcome(ctx context.Context, conn *net.UnixConn) {
	uid, err := peer(conn)
	s.mu.Lock()
	full := len(s.clients) >= maxClients
	c := &client{server: s, conn: conn, news: make(chan struct{}, 1)}
	refused := err != nil || uid != os.Getuid() || full
	if !refused {
		s.clients[c] = true
	}
	s.mu.Unlock()
	if refused {
		conn.Close()
		return
	}
	s.wg.Go(func() { c.talk(ctx) })
}

// Changed tells clients that subscribed that there may be news. It never waits.
func (s *Server) Changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.clients {
		select {
		case c.news <- struct{}{}:
		default:
		}
	}
}

// client is one connection.
type client struct {
	server *Server
	conn   *net.UnixConn
	news   chan struct{} // capacity 1

	mu         sync.Mutex // one line at a time
	subscribed bool
	last       string // the problems that were sent last
}

// talk greets, answers and reports until the client is gone or ctx ends.
func (c *client) talk(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { c.report(ctx) })
	defer func() {
		cancel()
		c.conn.Close()
		wg.Wait()
		c.server.mu.Lock()
		delete(c.server.clients, c)
		c.server.mu.Unlock()
	}()
	if c.send(Greeting{Version, c.server.engine.Snapshot().Root}) != nil {
		return
	}
	in := bufio.NewScanner(c.conn)
	in.Buffer(nil, maxLine)
	for in.Scan() {
		reply, subscribes := c.answer(ctx, in.Bytes())
		if c.send(reply) != nil {
			return
		}
		if subscribes {
			c.subscribe()
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		// It is cut off next; whether it learns why does not matter.
		_ = c.send(Reply{Error: fmt.Sprintf("a line is longer than %d bytes", maxLine)})
	}
}

// subscribe has the problems sent, now and after each change. It comes after the
// reply to the request: a client reads that first.
func (c *client) subscribe() {
	c.mu.Lock()
	c.subscribed = true
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// answer carries out one line. To subscribe is left to the caller, who sends the
// reply.
func (c *client) answer(ctx context.Context, line []byte) (reply Reply, subscribes bool) {
	var r Request
	if err := json.Unmarshal(line, &r); err != nil {
		return Reply{Error: "this is no request: " + err.Error()}, false
	}
	reply = Reply{ID: r.ID, OK: true}
	switch r.Do {
	case "actions":
		reply.Actions = c.server.actions
	case "problems":
		reply.Problems = problemsOf(c.server.engine.Snapshot())
	case "subscribe":
		subscribes = true
	default:
		if err := c.server.act(ctx, r); err != nil {
			return Reply{ID: r.ID, Error: err.Error()}, false
		}
	}
	return reply, subscribes
}

// act carries out an action. What is a wish to the engine alone does not need
// the dashboard, which may have given the terminal away.
func (s *Server) act(ctx context.Context, r Request) error {
	switch r.Do {
	case "run-all":
		return s.engine.RunAll()
	case "run-failing":
		return s.engine.RunFailed()
	case "stop-all":
		return s.engine.Stop(nil)
	case "run", "repeat", "until-fail", "stop", "recheck":
		if r.At == "" {
			break // of the selection
		}
		id, err := Resolve(s.engine.Snapshot(), r.At)
		if err != nil {
			return err
		}
		return s.at(r, id)
	}
	return s.do(ctx, r.Do, r.Args)
}

// at carries out a wish about one place.
func (s *Server) at(r Request, id engine.ScenarioID) error {
	ids := []engine.ScenarioID{id}
	switch r.Do {
	case "run":
		return s.engine.Run(ids)
	case "repeat":
		if r.Times < 2 {
			return errors.New("repeat takes times, 2 or more")
		}
		return s.engine.RunWith(ids, engine.RunOptions{Repeat: r.Times})
	case "until-fail":
		return s.engine.RunWith(ids, engine.RunOptions{UntilFail: true, Repeat: r.Times})
	case "stop":
		return s.engine.Stop(ids)
	}
	s.engine.Recheck(id.Path)
	return nil
}

// report sends the problems when they have changed. States that came while a
// client was slow are skipped: only the newest counts.
func (c *client) report(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.news:
		}
		c.mu.Lock()
		subscribed := c.subscribed
		c.mu.Unlock()
		if !subscribed {
			continue
		}
		data, err := json.Marshal(Event{"problems", problemsOf(c.server.engine.Snapshot())})
		if err != nil || string(data) == c.last {
			continue
		}
		c.last = string(data)
		if c.write(append(data, '\n')) != nil {
			return
		}
	}
}

// send writes one line.
func (c *client) send(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.write(append(data, '\n'))
}

// write writes a line, or cuts a client off that does not read.
func (c *client) write(line []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	if _, err := c.conn.Write(line); err != nil {
		c.conn.Close()
		return err
	}
	return nil
}
