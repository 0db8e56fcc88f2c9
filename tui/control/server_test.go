package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// TestMain sees to it that nothing goes on that a test has started; the library
// that watches files, which comes with the engine, never ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/rjeczalik/notify.(*nonrecursiveTree).dispatch"),
		goleak.IgnoreAnyFunction("github.com/rjeczalik/notify.(*nonrecursiveTree).internal"),
	)
}

// desk is a server with an engine and a note of what reached the dashboard.
type desk struct {
	t      *testing.T
	engine *testkit.Engine
	server *Server
	path   string
	done   []string
}

func serve(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, engine: testkit.NewEngine(testkit.Failed()), path: filepath.Join(t.TempDir(), "socket")}
	do := func(_ context.Context, name string, a Args) error {
		if name == "nothing" {
			return errors.New("no action is called \"nothing\"")
		}
		d.done = append(d.done, name+" "+a.Text)
		return nil
	}
	var err error
	d.server, err = Listen(d.path, d.engine, []Action{{Name: "zoom", Help: "more room", Keys: []string{"z"}}}, do)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(d.path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left behind: %v", err)
		}
	})
	return d
}

// caller is a client.
type caller struct {
	t *testing.T
	net.Conn
	in *bufio.Scanner
}

func (d *desk) call() *caller {
	d.t.Helper()
	c, err := net.Dial("unix", d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	in := bufio.NewScanner(c)
	in.Buffer(nil, 1<<20)
	k := &caller{d.t, c, in}
	if got := k.next(); !strings.HasPrefix(got, `{"clnrm":1,"project":`) {
		d.t.Fatalf("the greeting is %s", got)
	}
	return k
}

func (c *caller) next() string {
	c.t.Helper()
	if !c.in.Scan() {
		c.t.Fatalf("the server ended the talk: %v", c.in.Err())
	}
	return c.in.Text()
}

func (c *caller) ask(line string) string {
	c.t.Helper()
	if _, err := c.Write([]byte(line + "\n")); err != nil {
		c.t.Fatal(err)
	}
	return c.next()
}

func TestRequestsAreAnswered(t *testing.T) {
	d := serve(t)
	c := d.call()
	for _, x := range []struct{ ask, want string }{
		{`{"id":1,"do":"zoom"}`, `{"id":1,"ok":true}`},
		{`{"id":"a","do":"filter","text":"pay"}`, `{"id":"a","ok":true}`},
		{`{"do":"nothing"}`, `{"ok":false,"error":"no action is called \"nothing\""}`},
		{`{"do":"run","at":"tests/orders/order_flow.clnrm.tera:9999"}`, `{"ok":true}`},
		{`{"do":"run","at":"tests/orders/order_flow.clnrm.tera"}`, `{"ok":true}`},
		{`{"do":"recheck","at":"tests/login.clnrm.toml.tera"}`, `{"ok":true}`},
		{`{"do":"repeat","at":"tests/login.clnrm.toml.tera","times":3}`, `{"ok":true}`},
		{`{"do":"repeat","at":"tests/login.clnrm.toml.tera"}`, `{"ok":false,"error":"repeat takes times, 2 or more"}`},
		{`{"do":"run","at":"gone.toml:3"}`, `{"ok":false,"error":"gone.toml is no test file of this dashboard"}`},
		{`{"do":"run-failing"}`, `{"ok":true}`},
		{`{"do":"actions"}`, `{"ok":true,"actions":[{"name":"zoom","help":"more room","keys":["z"]}]}`},
		{`not json`, `{"ok":false,"error":"this is no request: `},
	} {
		if got := c.ask(x.ask); !strings.HasPrefix(got, x.want) {
			t.Errorf("%s: %s, want %s", x.ask, got, x.want)
		}
	}
	want := []string{"run [{tests/orders/order_flow.clnrm.tera pays twice}]",
		"run [{tests/orders/order_flow.clnrm.tera }]", "recheck tests/login.clnrm.toml.tera",
		"run [{tests/login.clnrm.toml.tera }] 3 times, until it fails: false", "run failed"}
	if got := d.engine.Wishes(); !reflect.DeepEqual(got, want) {
		t.Errorf("wishes %q, want %q", got, want)
	}
	if want := []string{"zoom ", "filter pay"}; !reflect.DeepEqual(d.done, want) {
		t.Errorf("the dashboard did %q, want %q", d.done, want)
	}
}

func TestProblemsArriveWhenTheyChange(t *testing.T) {
	d := serve(t)
	c := d.call()
	if got := c.ask(`{"do":"subscribe"}`); got != `{"ok":true}` {
		t.Fatal(got)
	}
	var e Event
	if err := json.Unmarshal([]byte(c.next()), &e); err != nil {
		t.Fatal(err)
	}
	const want = "tests/orders/order_flow.clnrm.tera:11:1: error: pays twice: expected"
	if e.Event != "problems" || len(e.Problems.Lines) == 0 || !strings.HasPrefix(e.Problems.Lines[0], want) {
		t.Errorf("the first event is %+v, want %q", e, want)
	}
	d.server.Changed() // nothing has: no event
	d.engine.Publish(testkit.Green())
	d.server.Changed()
	if got := c.next(); got != `{"event":"problems","problems":{"list":[],"lines":[]}}` {
		t.Errorf("after the fix: %s", got)
	}
}

func TestOnlyTheOwnerReachesTheSocket(t *testing.T) {
	d := serve(t)
	info, err := os.Lstat(d.path)
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("the socket has mode %v, %v", info.Mode(), err)
	}
	c := d.call()
	uid, err := peer(c.Conn.(*net.UnixConn))
	if err != nil || uid != os.Getuid() {
		t.Errorf("the other end is user %d, %v", uid, err)
	}
}

func TestSocketReplacesOnlyADeadOne(t *testing.T) {
	d := serve(t)
	if _, err := Listen(d.path, d.engine, nil, nil); err == nil || !strings.Contains(err.Error(), "another dashboard listens there") {
		t.Errorf("a second dashboard: %v", err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file, d.engine, nil, nil); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("a file: %v", err)
	}
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "dead"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	s, err := Listen(filepath.Join(dir, "dead"), d.engine, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.l.Close()
	if _, err := Listen(filepath.Join(dir, strings.Repeat("x", 120), "s"), d.engine, nil, nil); err == nil {
		t.Error("a folder that does not exist is no error")
	}
}

func TestEndlessLineIsCutOff(t *testing.T) {
	c := serve(t).call()
	go c.Write([]byte(strings.Repeat("x", maxLine+10)))
	if got := c.next(); !strings.Contains(got, "longer than") {
		t.Errorf("got %s", got)
	}
	if c.in.Scan() {
		t.Errorf("and then %s", c.in.Text())
	}
}

func TestPlacesStandForScenarios(t *testing.T) {
	s := testkit.Failed()
	s.Root = t.TempDir()
	first := s.Templates[2].Scenarios[0]
	for at, want := range map[string]string{
		"tests/orders/order_flow.clnrm.tera":                                  "",
		"tests/orders/order_flow.clnrm.tera:1":                                "",
		"./tests/orders/../orders/order_flow.clnrm.tera:9999":                 "pays twice",
		filepath.Join(s.Root, "tests/orders/order_flow.clnrm.tera") + ":9999": "pays twice",
	} {
		id, err := Resolve(s, at)
		if err != nil || id.Path != first.ID.Path || id.Name != want {
			t.Errorf("%s is %+v, %v, want %q", at, id, err, want)
		}
	}
	for _, at := range []string{"/etc/passwd:3", "x", "", ":5"} {
		if id, err := Resolve(s, at); err == nil {
			t.Errorf("%q is %+v", at, id)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"do":"run","at":"a:1","times":-1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e := testkit.NewEngine(testkit.Failed())
		s := &Server{engine: e, do: func(context.Context, string, Args) error { return nil }}
		c := &client{server: s, news: make(chan struct{}, 1)}
		if r, _ := c.answer(context.Background(), line); r.OK == (r.Error != "") {
			t.Errorf("%s: %+v", line, r)
		}
	})
}
