package eval

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/builtin"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// Config is what one render needs.
type Config struct {
	Main     *Program
	Loader   Loader
	Table    *builtin.Table
	Host     builtin.Host
	Vars     Vars
	Escape   bool // HTML escaping
	MaxLoops int  // loop rounds, macro calls and includes together
	Size     int  // expected bytes of output
	Pieces   int  // expected pieces of its source map
	Quiet    bool // errors need no hints
	Part     bool // Main is a value of a file: its offsets mean nothing to Vars
}

// State is one render in progress. It is used by one goroutine.
type State struct {
	Config
	Out  *Output
	Tree any // belongs to the package that walks the tree

	ctx    context.Context
	sites  []Site
	known  map[siteKey]int32
	site   int32
	prog   *Program // of sites[site]
	frames []frame
	chain  []*Program // the template to render, then its parents
	blocks []blockPos
	depth  int
	rounds int
	spent  int // bytes of intermediate values made so far

	// What calls and loops that have ended leave for the next ones.
	spareArgs  []*builtin.Args
	spareLoops []*loop
	params     []binding // of macro calls whose arguments are being evaluated
	joined     []byte    // of `~` being evaluated
}

type siteKey struct {
	parent int32
	call   int
	prog   *Program
}

type blockPos struct {
	name  string
	level int
}

type frameKind uint8

const (
	frameRoot frameKind = iota
	frameMacro
	frameLoop
	frameInclude
)

type binding struct {
	name string
	v    any
}

type frame struct {
	kind frameKind
	vars []binding
	loop *loop
}

// loop is a running for loop.
type loop struct {
	key, value string
	keys       []string // of an object
	items      []any
	own        []any // room for the values of an object
	i          int
}

// Run renders c.Main.
func Run(ctx context.Context, c Config) (*State, error) {
	s := &State{Config: c, ctx: ctx, known: map[siteKey]int32{}}
	s.Out = newOutput(c.Host.MaxBytes(), c.Size, c.Pieces)
	s.push(frameRoot, nil)
	s.sites = append(s.sites, Site{Prog: c.Main, Parent: -1})
	s.prog = c.Main
	err := s.renderChain(c.Main)
	if err == nil {
		err = s.outputErr()
	}
	return s, err
}

// renderChain runs p from its outermost parent down.
func (s *State) renderChain(p *Program) error {
	chain := []*Program{p}
	for q := p; q.Parent != nil; q = q.Parent {
		chain = append(chain, q.Parent)
	}
	oldChain, oldBlocks := s.chain, s.blocks
	s.chain, s.blocks = chain, nil
	mark := s.mark()
	for i := 1; i < len(chain); i++ {
		ext := chain[i-1].Unit.Extends
		s.enterSite(chain[i], ext.Off, ext.After, ext)
	}
	err := chain[len(chain)-1].Root.Run(s)
	s.reset(mark)
	s.chain, s.blocks = oldChain, oldBlocks
	return err
}

// position is what must be put back after a part of another template.
type position struct {
	site   int32
	frames int
	depth  int
}

func (s *State) mark() position { return position{s.site, len(s.frames), s.depth} }

func (s *State) reset(p position) {
	s.setSite(p.site)
	s.frames = s.frames[:p.frames]
	s.depth = p.depth
}

func (s *State) setSite(i int32) {
	s.site = i
	s.prog = s.sites[i].Prog
	s.Out.site = i
}

// enterSite makes p, called from off in the current template by caller, the
// current one.
func (s *State) enterSite(p *Program, off, end int, caller any) {
	key := siteKey{s.site, off, p}
	i, ok := s.known[key]
	if !ok {
		i = int32(len(s.sites))
		s.sites = append(s.sites, Site{Prog: p, Parent: s.site, Call: off, End: end, caller: caller})
		s.known[key] = i
	}
	s.setSite(i)
}

// Via returns the chain of calls that leads to site, innermost first.
func (s *State) Via(site int32) []Frame {
	var out []Frame
	for i := site; i >= 0 && s.sites[i].Parent >= 0; i = s.sites[i].Parent {
		c := s.sites[i]
		out = append(out, Frame{c.what(), s.sites[c.Parent].Prog, c.Call, c.End})
	}
	return out
}

// Site returns the template of a site.
func (s *State) Site(site int32) *Program { return s.sites[site].Prog }

// fail makes an error at a place of the current template.
func (s *State) fail(code string, off, end int, format string, args ...any) *Error {
	return &Error{Code: code, Prog: s.prog, Off: off, End: end, Msg: fmt.Sprintf(format, args...), Via: s.Via(s.site)}
}

// outputErr turns the sticky error of the output into one with a position.
func (s *State) outputErr() error {
	if s.Out.err == nil {
		return nil
	}
	e := s.fail(CodeLimit, s.Out.stop, s.Out.stop, "the rendered text is larger than %d bytes", s.Out.limit)
	e.Hint = "look for a loop that runs far longer than meant"
	return e
}

// push opens a frame. Those that were closed before leave it their room.
func (s *State) push(kind frameKind, l *loop) *frame {
	n := len(s.frames)
	if n == cap(s.frames) {
		s.frames = append(s.frames, frame{})
	}
	s.frames = s.frames[:n+1]
	f := &s.frames[n]
	f.kind, f.loop, f.vars = kind, l, f.vars[:0]
	return f
}

// top is the current frame.
func (s *State) top() *frame { return &s.frames[len(s.frames)-1] }

func (f *frame) get(name string) (any, bool) {
	for i := len(f.vars) - 1; i >= 0; i-- {
		if f.vars[i].name == name {
			return f.vars[i].v, true
		}
	}
	return nil, false
}

func (f *frame) set(name string, v any) {
	for i := range f.vars {
		if f.vars[i].name == name {
			f.vars[i].v = v
			return
		}
	}
	f.vars = append(f.vars, binding{name, v})
}

// assign stores a variable: in the current frame, or for set_global in the
// nearest frame that is not a loop.
func (s *State) assign(name string, v any, global bool) {
	i := len(s.frames) - 1
	for global && i > 0 && s.frames[i].kind == frameLoop {
		i--
	}
	s.frames[i].set(name, v)
}

// lookup finds a variable; keys are the steps of a path after evaluating
// variables in brackets, at is its offset in the main template or -1. An inner variable without the steps does not hide an outer one.
func (s *State) lookup(name string, keys []string, at int) (any, bool) {
	for i := len(s.frames) - 1; i >= 0; i-- {
		f := &s.frames[i]
		if v, ok := f.get(name); ok {
			if v, ok = steps(v, keys); ok {
				return v, true
			}
		}
		if f.loop != nil {
			if v, ok := f.loop.lookup(name, keys); ok {
				return v, true
			}
		}
		if f.kind == frameMacro {
			break
		}
	}
	return s.Vars.Lookup(name, keys, at)
}

func (l *loop) lookup(name string, keys []string) (any, bool) {
	if l.key != "" && name == l.key && len(keys) == 0 {
		return l.keys[l.i], true
	}
	if name == "loop" && len(keys) == 1 {
		switch keys[0] {
		case "index":
			return int64(l.i + 1), true
		case "index0":
			return int64(l.i), true
		case "first":
			return l.i == 0, true
		case "last":
			return l.i == len(l.items)-1, true
		}
	}
	if name == l.value {
		return steps(l.items[l.i], keys)
	}
	return nil, false
}

func steps(v any, keys []string) (any, bool) {
	for _, k := range keys {
		var ok bool
		if v, ok = value.Step(v, k); !ok {
			return nil, false
		}
	}
	return v, true
}

// errNoVariable says that a path leads nowhere.
var errNoVariable = errors.New("no such variable")

// path evaluates a variable. The error is errNoVariable, or one about a
// variable in brackets.
func (s *State) path(p *syntax.Path) (any, error) {
	if p.Name == "__tera_context" && len(p.Steps) == 0 {
		return s.dump(p)
	}
	keys, err := s.keys(p)
	if err != nil {
		return nil, err
	}
	at := -1
	if s.prog == s.Main && !s.Part {
		at = p.Off
	}
	if v, ok := s.lookup(p.Name, keys, at); ok {
		return v, nil
	}
	return nil, errNoVariable
}

// keys evaluates the steps of a path.
func (s *State) keys(p *syntax.Path) ([]string, error) {
	if !p.Dynamic {
		return p.Keys, nil
	}
	keys := make([]string, 0, len(p.Steps))
	for i := range p.Steps {
		st := &p.Steps[i]
		if st.Sub == nil {
			keys = append(keys, st.Key)
			continue
		}
		v, err := s.path(st.Sub)
		if err == errNoVariable {
			return nil, s.undefined(st.Sub)
		}
		if err != nil {
			return nil, err
		}
		switch x := v.(type) {
		case string:
			keys = append(keys, x)
		case int64, uint64, float64:
			keys = append(keys, value.NumberText(x))
		default:
			return nil, s.fail(CodeEval, st.Sub.Off, st.Sub.End,
				"`%s` in `%s` is %s, an index must be a string or a number", st.Sub.Text, p.Text, value.Kind(v))
		}
	}
	return keys, nil
}

// dump is __tera_context: everything visible as JSON; in a macro only what it
// has of its own, as in Tera.
func (s *State) dump(p *syntax.Path) (any, error) {
	all := map[string]any{}
	from := len(s.frames) - 1
	for from > 0 && s.frames[from].kind != frameMacro {
		from--
	}
	if s.frames[from].kind != frameMacro {
		for _, name := range s.Vars.Names() {
			if v, ok := s.Vars.Lookup(name, nil, -1); ok {
				all[name] = v
			}
		}
	}
	for _, f := range s.frames[from:] {
		if f.loop != nil {
			all[f.loop.value] = f.loop.items[f.loop.i]
			if f.loop.key != "" {
				all[f.loop.key] = f.loop.keys[f.loop.i]
			}
		}
		for _, b := range f.vars {
			all[b.name] = b.v
		}
	}
	b, ok := value.AppendJSON(nil, all, true, s.Host.MaxBytes())
	if !ok {
		return nil, s.fail(CodeLimit, p.Off, p.End, "the variables are too large to print")
	}
	return string(b), nil
}

// split turns a string into its characters.
func split(s string) []any {
	out := make([]any, 0, utf8.RuneCountInString(s))
	for _, r := range s {
		out = append(out, string(r))
	}
	return out
}
