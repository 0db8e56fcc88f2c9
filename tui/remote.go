package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/control"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// remoteWait is how long a client waits for the dashboard, which does not
// answer while an editor has the terminal.
const remoteWait = 3 * time.Second

// remoteMsg is an action that a client of the control socket asks for.
type remoteMsg struct {
	name string
	args control.Args
	done chan error // capacity 1
}

// remote carries out an action by its name, as the palette does.
func (m *model) remote(name string, args control.Args) (tea.Cmd, error) {
	repeats := engine.RunOptions{Repeat: args.Times, FailFast: m.engine.Course().FailFast}
	if name == "until-fail" {
		name, repeats.UntilFail = string(action.Repeat), true
	}
	a := m.actions.Find(action.ID(name))
	if a == nil {
		return nil, fmt.Errorf("no action is called %q", name)
	}
	if args.At != "" {
		id, err := control.Resolve(m.snap, args.At)
		if err != nil {
			return nil, err
		}
		m.goTo(panel.Node{Path: id.Path, Scenario: id.Name})
	}
	if why := a.Denied(m.actionFacts()); why != "" {
		return nil, errors.New(why)
	}
	m.dirty = true
	switch a.ID {
	case action.Filter:
		m.find(layout.Templates, args.Text)
		m.focus(layout.Templates)
		if p := m.tree.Problem(); p != "" {
			return nil, errors.New(p)
		}
		return nil, nil
	case action.Search:
		m.find(layout.Logs, args.Text)
		m.focus(layout.Logs)
		return nil, nil
	case action.Theme:
		if !slices.Contains(ThemeNames(), args.Text) {
			return nil, fmt.Errorf("text is one of %s", strings.Join(ThemeNames(), ", "))
		}
		m.picked, m.look.theme = args.Text, ""
		m.useTheme(args.Text)
		return nil, nil
	case action.Repeat:
		if args.Times < 2 && !repeats.UntilFail {
			return nil, errors.New("repeat takes times, 2 or more")
		}
		ids := m.toRun()
		if len(ids) == 0 {
			return nil, errors.New("all suites in the selected folder are manual")
		}
		return nil, m.engine.RunWith(ids, repeats)
	case action.FailFast:
		if args.Text != "on" && args.Text != "off" {
			return nil, errors.New("fail-fast takes text, on or off")
		}
		m.setFailFast(args.Text == "on")
		return nil, nil
	case action.Retries:
		if args.Times < 0 {
			return nil, errors.New("times is 0 or more")
		}
		m.retries("", args.Times, args.Times > 0).act()
		return nil, nil
	case action.Export:
		if !slices.Contains(ReportKinds(), args.Kind) {
			return nil, fmt.Errorf("kind is one of %s", strings.Join(ReportKinds(), ", "))
		}
		return m.exportReport("", "", args.Kind).act(), nil
	}
	return m.perform(*a), nil
}

// Socket is the control socket.
type Socket struct {
	Path string // "" is none
	// Optional has the dashboard go on without the socket, and say why, when it
	// cannot be made.
	Optional bool
	// Follow calls changed after each change of the engine's state until ctx
	// ends, whoever has the terminal.
	Follow func(ctx context.Context, changed func())
}

// serve answers clients of the control socket until ctx ends.
func (m *model) serve(ctx context.Context, s *control.Server, follow func(context.Context, func())) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	if follow != nil {
		wg.Go(func() { m.guard.run("the control socket", func() { follow(ctx, s.Changed) }) })
	}
	return s.Serve(ctx)
}

// listen makes the control socket. What a client asks of the dashboard is sent
// as a message.
func listen(path string, e Engine, send func(tea.Msg)) (*control.Server, error) {
	var actions []control.Action
	for _, a := range action.Default().All() {
		actions = append(actions, control.Action{Name: string(a.ID), Help: a.Help, Keys: a.Binding.Keys()})
	}
	return control.Listen(path, e, actions, func(ctx context.Context, name string, args control.Args) error {
		msg := remoteMsg{name, args, make(chan error, 1)}
		go send(msg) // waits while an editor has the terminal; the program's end frees it
		wait := time.NewTimer(remoteWait)
		defer wait.Stop()
		select {
		case err := <-msg.done:
			return err
		case <-ctx.Done():
			return errors.New("the dashboard is ending")
		case <-wait.C:
			return errors.New("the dashboard does not answer now: it has given the terminal away; the action comes after that")
		}
	})
}
