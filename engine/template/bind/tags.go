package bind

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/flosch/pongo2/v6"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// contextKey is the name under which tags find the render in pongo2's context.
const contextKey = "tera"

// build collects the parts of one unit while pongo2 parses its lowered text.
type build struct {
	steps []step // of the tags that are still to come
	code  *eval.Code
}

// take returns the step of the tag that is being parsed.
func (b *build) take(p *pongo2.Parser) (step, *pongo2.Error) {
	if len(b.steps) == 0 {
		return step{}, p.Error("a tag without a step", nil)
	}
	s := b.steps[0]
	b.steps = b.steps[1:]
	return s, nil
}

var (
	lastHandle atomic.Int64
	// byHandle holds a build between lowering and the root tag; byParser from
	// there until the root tag ends. pongo2 gives nested tags the same *Parser.
	byHandle sync.Map // int64 -> *build
	byParser sync.Map // *pongo2.Parser -> *build
)

func init() {
	for name, parse := range map[string]pongo2.TagParser{
		tagRoot: parseRoot, tagLeaf: parseLeaf, tagIf: parseIf, tagFor: parseFor, tagBody: parseBody,
	} {
		if err := pongo2.RegisterTag(name, parse); err != nil {
			panic(fmt.Sprintf("register pongo2 tag %s: %v", name, err))
		}
	}
}

// Compile makes a unit executable.
func Compile(u *syntax.Unit) (*eval.Code, error) {
	handle := lastHandle.Add(1)
	text, steps := lower(u, handle)
	b := &build{steps: steps, code: &eval.Code{
		Unit: u, Macros: map[*syntax.Macro]eval.Body{}, Blocks: map[*syntax.Block]eval.Body{},
	}}
	byHandle.Store(handle, b)
	defer byHandle.Delete(handle)
	set := pongo2.NewSet("tera", noFiles{})
	tpl, err := set.FromString(text)
	if err != nil {
		return nil, fmt.Errorf("compile the lowered template: %w", err)
	}
	b.code.Root = &root{template: tpl, body: b.code.Root}
	return b.code, nil
}

// noFiles is the loader of a set that loads nothing.
type noFiles struct{}

func (noFiles) Abs(_, name string) string { return name }

func (noFiles) Get(path string) (io.Reader, error) {
	return nil, fmt.Errorf("%s: templates are loaded by their engine", path)
}

// root runs a whole template. The first one of a render goes through pongo2's
// own entry; others reuse its execution context.
type root struct {
	template *pongo2.Template
	body     eval.Body
}

// Run implements eval.Body.
func (r *root) Run(s *eval.State) error {
	if s.Tree != nil {
		return r.body.Run(s)
	}
	err := r.template.ExecuteWriterUnbuffered(pongo2.Context{contextKey: s}, io.Discard)
	return original(err)
}

// original takes our error out of pongo2's.
func original(err error) error {
	if err == nil {
		return nil
	}
	var p *pongo2.Error
	if errors.As(err, &p) && p.OrigError != nil {
		return p.OrigError
	}
	return err
}

// The errors of jumps never change, so that they cost nothing.
var (
	breakError    = &pongo2.Error{Sender: "tag:" + tagLeaf, OrigError: eval.ErrBreak}
	continueError = &pongo2.Error{Sender: "tag:" + tagLeaf, OrigError: eval.ErrContinue}
)

func wrap(err error) *pongo2.Error {
	switch err {
	case nil:
		return nil
	case eval.ErrBreak:
		return breakError
	case eval.ErrContinue:
		return continueError
	}
	return &pongo2.Error{Sender: "tag:" + tagRoot, OrigError: err}
}

// body is a part of a template: the text that it begins with, and the rest.
type body struct {
	nodes *pongo2.NodeWrapper
	text  *syntax.Text
}

// Run implements eval.Body.
func (b *body) Run(s *eval.State) error {
	if err := s.Text(b.text); err != nil {
		return err
	}
	if err := b.nodes.Execute(s.Tree.(*pongo2.ExecutionContext), output{s}); err != nil {
		return err.OrigError
	}
	return nil
}

// output is how tags find the render that they work for. Nothing is written
// through it.
type output struct{ s *eval.State }

func (output) Write([]byte) (int, error)       { return 0, errWrite }
func (output) WriteString(string) (int, error) { return 0, errWrite }

// errWrite is the error of pongo2 nodes that write by themselves. Lowered text
// has none.
var errWrite = errors.New("only the tags of the engine write")

// state finds the render that a tag works for: its body was given an output.
func state(w pongo2.TemplateWriter) *eval.State { return w.(output).s }

// handle reads the argument of the root tag.
func handle(p *pongo2.Parser) (int64, *pongo2.Error) {
	t := p.MatchType(pongo2.TokenNumber)
	if t == nil {
		return 0, p.Error("expected a number", nil)
	}
	v, err := strconv.ParseInt(t.Val, 10, 64)
	if err != nil {
		return 0, p.Error(err.Error(), t)
	}
	return v, nil
}

// rootTag executes the outermost template of a render.
type rootTag struct{ body *body }

func (t *rootTag) Execute(ctx *pongo2.ExecutionContext, _ pongo2.TemplateWriter) *pongo2.Error {
	s := ctx.Public[contextKey].(*eval.State)
	s.Tree = ctx
	return wrap(t.body.Run(s))
}

func parseRoot(doc *pongo2.Parser, _ *pongo2.Token, args *pongo2.Parser) (pongo2.INodeTag, *pongo2.Error) {
	n, err := handle(args)
	if err != nil {
		return nil, err
	}
	v, ok := byHandle.Load(n)
	if !ok {
		return nil, doc.Error("the tag `tera` is internal", nil)
	}
	b := v.(*build)
	s, err := b.take(doc)
	if err != nil {
		return nil, err
	}
	byParser.Store(doc, b)
	defer byParser.Delete(doc)
	w, _, err := doc.WrapUntilTag(rootStop)
	if err != nil {
		return nil, err
	}
	t := &rootTag{&body{w, s.text}}
	b.code.Root = t.body
	return t, nil
}

// tag is what the other tags share: the build, the node and the text that follows
// the opening tag.
func tag(doc *pongo2.Parser) (*build, syntax.Node, *syntax.Text, *pongo2.Error) {
	v, ok := byParser.Load(doc)
	if !ok {
		return nil, nil, nil, doc.Error("the tags of `tera` are internal", nil)
	}
	b := v.(*build)
	s, err := b.take(doc)
	return b, s.node, s.text, err
}

// parts reads the bodies of a tag up to its end.
func parts(b *build, doc *pongo2.Parser, text *syntax.Text) (bodies []eval.Body, follow *syntax.Text, err *pongo2.Error) {
	for {
		w, _, err := doc.WrapUntilTag(tagNext, tagEnd)
		if err != nil {
			return nil, nil, err
		}
		s, err := b.take(doc)
		if err != nil {
			return nil, nil, err
		}
		bodies = append(bodies, &body{w, text})
		if w.Endtag == tagEnd {
			return bodies, s.text, nil
		}
		text = s.text
	}
}

// leafTag executes a node without a body.
type leafTag struct {
	node   syntax.Node
	follow *syntax.Text // behind the tag; nil when there is none
}

func (t *leafTag) Execute(_ *pongo2.ExecutionContext, w pongo2.TemplateWriter) *pongo2.Error {
	s := state(w)
	if err := s.Leaf(t.node); err != nil {
		return wrap(err)
	}
	return wrap(s.Text(t.follow))
}

func parseLeaf(doc *pongo2.Parser, _ *pongo2.Token, _ *pongo2.Parser) (pongo2.INodeTag, *pongo2.Error) {
	_, node, follow, err := tag(doc)
	if err != nil {
		return nil, err
	}
	return &leafTag{node, follow}, nil
}

// ifTag executes one of several bodies.
type ifTag struct {
	node   *syntax.If
	bodies []eval.Body
	follow *syntax.Text
}

func (t *ifTag) Execute(_ *pongo2.ExecutionContext, w pongo2.TemplateWriter) *pongo2.Error {
	s := state(w)
	if err := s.If(t.node, t.bodies); err != nil {
		return wrap(err)
	}
	return wrap(s.Text(t.follow))
}

func parseIf(doc *pongo2.Parser, _ *pongo2.Token, _ *pongo2.Parser) (pongo2.INodeTag, *pongo2.Error) {
	b, node, text, err := tag(doc)
	if err != nil {
		return nil, err
	}
	bodies, follow, err := parts(b, doc, text)
	if err != nil {
		return nil, err
	}
	return &ifTag{node.(*syntax.If), bodies, follow}, nil
}

// forTag executes a loop.
type forTag struct {
	node      *syntax.For
	body, els eval.Body
	follow    *syntax.Text
}

func (t *forTag) Execute(_ *pongo2.ExecutionContext, w pongo2.TemplateWriter) *pongo2.Error {
	s := state(w)
	if err := s.For(t.node, t.body, t.els); err != nil {
		return wrap(err)
	}
	return wrap(s.Text(t.follow))
}

func parseFor(doc *pongo2.Parser, _ *pongo2.Token, _ *pongo2.Parser) (pongo2.INodeTag, *pongo2.Error) {
	b, node, text, err := tag(doc)
	if err != nil {
		return nil, err
	}
	bodies, follow, err := parts(b, doc, text)
	if err != nil {
		return nil, err
	}
	t := &forTag{node: node.(*syntax.For), body: bodies[0], follow: follow}
	if len(bodies) > 1 {
		t.els = bodies[1]
	}
	return t, nil
}

// bodyTag executes a filter section or a block; a macro only defines.
type bodyTag struct {
	node   syntax.Node
	body   eval.Body
	follow *syntax.Text
}

func (t *bodyTag) Execute(_ *pongo2.ExecutionContext, w pongo2.TemplateWriter) *pongo2.Error {
	s := state(w)
	var err error
	switch n := t.node.(type) {
	case *syntax.Filter:
		err = s.Section(n, t.body)
	case *syntax.Block:
		err = s.Block(n)
	}
	if err != nil {
		return wrap(err)
	}
	return wrap(s.Text(t.follow))
}

func parseBody(doc *pongo2.Parser, _ *pongo2.Token, _ *pongo2.Parser) (pongo2.INodeTag, *pongo2.Error) {
	b, node, text, err := tag(doc)
	if err != nil {
		return nil, err
	}
	bodies, follow, err := parts(b, doc, text)
	if err != nil {
		return nil, err
	}
	switch n := node.(type) {
	case *syntax.Macro:
		b.code.Macros[n] = bodies[0]
	case *syntax.Block:
		b.code.Blocks[n] = bodies[0]
	}
	return &bodyTag{node, bodies[0], follow}, nil
}
