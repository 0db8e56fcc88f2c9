// Package eval gives templates their meaning: variables and frames, expressions,
// and what each tag does. Parsed units and a table of built-ins go in; text with
// a map back to the source comes out. It reads no files: a Loader finds other
// templates. It does not know what walks the tree (see package bind): the parts
// of a template arrive as Body values.
package eval

import (
	"errors"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// Body is an executable part of a template. It writes to s.Out.
type Body interface{ Run(s *State) error }

// Code is a unit made executable.
type Code struct {
	Unit   *syntax.Unit
	Root   Body
	Macros map[*syntax.Macro]Body
	Blocks map[*syntax.Block]Body
}

// Program is Code under a name, linked with the files it imports and extends.
type Program struct {
	*Code
	Name   string              // as shown in positions
	Parent *Program            // the template that this one extends
	Spaces map[string]*Program // macro namespaces, `self` included
}

// Loader finds and links the template that from names in an include. It returns
// nil without an error when there is no such file; tried then tells, for the
// message, where it was looked for.
type Loader interface {
	Load(from *Program, name string) (p *Program, tried []string, err error)
}

// Vars is the outermost scope of variables.
type Vars interface {
	// Lookup finds a variable and follows keys into it. at is the offset of the
	// variable in the main template, -1 when it stands in another one.
	Lookup(name string, keys []string, at int) (any, bool)
	Names() []string
}

// ErrBreak and ErrContinue travel as errors from a jump to its loop.
var (
	ErrBreak    = errors.New("break outside a loop")
	ErrContinue = errors.New("continue outside a loop")
)

// Site is a place from which text is produced: a template, reached by a call
// at offset Call of the parent site's template.
type Site struct {
	Prog      *Program
	Parent    int32 // -1 for the outermost
	Call, End int
	caller    any // the node that called
}

// what describes the call, for example "in macro m::span".
func (s *Site) what() string {
	switch c := s.caller.(type) {
	case *syntax.MacroCall:
		return "in macro " + c.Ns + "::" + c.Name
	case *syntax.Block:
		return "block " + c.Name
	case *syntax.Extends:
		return "extended"
	}
	return "included"
}

// Frame is one link of the chain that led to an error or a piece of output.
type Frame struct {
	What     string
	Prog     *Program
	Off, End int
}

// Codes of diagnostics.
const (
	CodeUndefined = "template-undefined"
	CodeFunction  = "template-function"
	CodeInclude   = "template-include"
	CodeLimit     = "template-limit"
	CodeEval      = "template-eval"
	CodeThrow     = "template-throw"
)

// Error is a failure at a place of a template.
type Error struct {
	Code     string
	Prog     *Program
	Off, End int
	Msg      string
	Hint     string
	Via      []Frame // innermost first
	Err      error   // cause; may be nil
}

// Error returns the message without its position.
func (e *Error) Error() string { return e.Msg }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
