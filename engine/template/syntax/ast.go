// Package syntax reads the template dialect: source text goes in, a tree with
// exact byte offsets comes out. White-space control is already applied to the
// tree. The package evaluates nothing, reads no files and imports nothing of
// the project.
package syntax

// Unit is one parsed template file. It is immutable.
type Unit struct {
	Src     string
	Nodes   []Node
	Extends *Extends          // nil when the file has no parent
	Imports []*Import         // in file order
	Macros  map[string]*Macro // by name
	Blocks  map[string]*Block // by name, nested ones too
	Paths   []*Path           // every use of a variable
}

// Node is one piece of a template between or around expressions.
type Node interface{ Head() *Tag }

// Tag holds what all nodes have: where they stand and how they trim.
type Tag struct {
	Off   int  // offset of the first byte; of a Text after trimming
	After int  // offset of the first byte after the (opening) tag
	L, R  bool // trims the text before, after
}

// Head returns the tag itself.
func (t *Tag) Head() *Tag { return t }

// The nodes of a template.
type (
	// Text is copied to the output; Raw text comes from a raw section and is
	// not trimmed by its neighbours.
	Text struct {
		Tag
		Val string
		Raw bool
	}
	// Comment produces nothing; it survives parsing only for its trim marks.
	Comment struct{ Tag }
	// Output is {{ expr }}.
	Output struct {
		Tag
		Expr *Expr
	}
	// Super is {{ super() }} directly in a block.
	Super struct{ Tag }
	// Set is {% set name = expr %} or {% set_global name = expr %}.
	Set struct {
		Tag
		Name   string
		Global bool
		Expr   *Expr
	}
	// If is {% if %} with its branches in order; the last has no Cond when
	// there is an else.
	If struct {
		Tag
		Branches []*Branch
		End      Tag
	}
	// Branch is one arm of an If.
	Branch struct {
		Tag  // of if, elif or else
		Cond *Expr
		Body []Node
	}
	// For is {% for key, value in expr %}; Key is empty for one name.
	For struct {
		Tag
		Key, Value string
		In         *Expr
		Body       []Node
		HasElse    bool
		Else       []Node
		End        Tag
	}
	// Include is {% include %}; the first of Names that exists is taken.
	Include struct {
		Tag
		Names         []string
		IgnoreMissing bool
	}
	// Import is {% import "file" as name %}.
	Import struct {
		Tag
		File, As string
	}
	// Extends is {% extends "file" %}.
	Extends struct {
		Tag
		File string
	}
	// Macro is a macro definition.
	Macro struct {
		Tag
		Name   string
		Params []Param
		Body   []Node
		End    Tag
	}
	// Block is a named block that a child template can replace.
	Block struct {
		Tag
		Name string
		Body []Node
		End  Tag
	}
	// Filter is a filter section.
	Filter struct {
		Tag
		Call *Call
		Body []Node
		End  Tag
	}
	// Jump is {% break %} or {% continue %}.
	Jump struct {
		Tag
		Break bool
	}
	// Raw is a raw section before trimming; the tree of a Unit has Text instead.
	Raw struct {
		Tag
		Val    string
		ValOff int
		End    Tag
	}
)

// Param is a macro parameter; Default is nil when it must be given.
type Param struct {
	Name    string
	Off     int
	Default *Expr
}

// Expr is a value with the filters behind it and a leading `not`.
type Expr struct {
	Val      Val
	Neg      bool
	Filters  []*Call
	Off, End int // without the filters
}

// Val is the core of an expression.
type Val interface{ val() }

// The kinds of values.
type (
	// Lit is a literal: int64, float64, string or bool.
	Lit struct{ V any }
	// Path is a variable with steps into it.
	Path struct {
		Name     string
		Steps    []Step
		Keys     []string // of all Steps, when none of them is a variable
		Dynamic  bool     // some step is a variable
		Text     string   // as written
		Off, End int
	}
	// Call is a function call, or a filter.
	Call struct {
		Name     string
		Off, End int // of the name
		Args     []Arg
	}
	// MacroCall is ns::name(...).
	MacroCall struct {
		Ns, Name string
		Off, End int // of ns::name
		Args     []Arg
	}
	// Test is path is [not] name(args).
	Test struct {
		Path     *Path
		Name     string
		Off, End int // of the name
		Args     []*Expr
		Neg      bool
	}
	// Math is one of + - * / %.
	Math struct {
		Op   byte
		L, R *Expr
	}
	// Logic is a comparison or a connective.
	Logic struct {
		Op   Op
		L, R *Expr
	}
	// In is l in r, l not in r.
	In struct {
		L, R *Expr
		Neg  bool
	}
	// Concat is a ~ b ~ c.
	Concat struct{ Parts []*Expr }
	// Array is [a, b].
	Array struct{ Items []*Expr }
	// Object is {"k": v}.
	Object struct {
		Keys []string
		Vals []*Expr
	}
	// Group is a parenthesised expression that has filters or a `not` of its own.
	Group struct{ X *Expr }
	// Cond is `then if cond else other`; Else may be nil.
	Cond struct{ Then, If, Else *Expr }
)

func (*Lit) val()       {}
func (*Path) val()      {}
func (*Call) val()      {}
func (*MacroCall) val() {}
func (*Test) val()      {}
func (*Math) val()      {}
func (*Logic) val()     {}
func (*In) val()        {}
func (*Concat) val()    {}
func (*Array) val()     {}
func (*Object) val()    {}
func (*Group) val()     {}
func (*Cond) val()      {}

// Step is one step of a path: a fixed key (index digits too) or a variable in
// brackets.
type Step struct {
	Key string
	Sub *Path // nil for a fixed key
}

// Arg is an argument of a call; Name is empty when it was given by position.
type Arg struct {
	Name string
	Off  int
	Val  *Expr
}

// Op is an operator of Logic.
type Op uint8

// The operators of Logic.
const (
	Or Op = iota
	And
	Eq
	NotEq
	Lt
	Lte
	Gt
	Gte
)

// HasDefault reports whether the first filter of e is `default`.
func (e *Expr) HasDefault() bool { return len(e.Filters) > 0 && e.Filters[0].Name == "default" }

// Error is a syntax error: Off is the first byte that does not fit.
type Error struct {
	Off, End int
	Msg      string
	Hint     string
}

// Error returns the message without its position.
func (e *Error) Error() string { return e.Msg }
