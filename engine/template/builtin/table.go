// Package builtin holds the filters, tests and functions of templates. Values of
// the data model go in and come out; the world (environment, clock, randomness,
// limits) is passed in as a Host. The package knows nothing of syntax, and
// imports of the project only the data model and diag (for nearest names).
package builtin

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// ErrNotSet says that an environment variable is not set; the `default` filter
// directly behind the call replaces it.
var ErrNotSet = errors.New("environment variable not found")

// Host is the world as a built-in sees it during one render.
type Host interface {
	Getenv(name string) (string, bool)
	Now() time.Time
	// Random returns the generator for one call of the function fn: from seed
	// when given, else from the seed of the file, else unpredictable.
	Random(fn string, seed *uint64) *rand.Rand
	// Next counts the calls for a name from 0, for `seq`.
	Next(name string) int64
	MaxBytes() int // of one string
	MaxItems() int // of one array
}

// Args are the arguments of one call. When a name was given twice, the last
// one counts, as in Tera.
type Args struct{ given []arg }

type arg struct {
	name string
	v    any
}

// Reset empties a for another call. A built-in therefore keeps neither a nor its
// list beyond its own call; values it may keep.
func (a *Args) Reset() { a.given = a.given[:0] }

// Add appends an argument.
func (a *Args) Add(name string, v any) { a.given = append(a.given, arg{name, v}) }

// Get returns the argument of that name.
func (a *Args) Get(name string) (any, bool) {
	if a != nil {
		for i := len(a.given) - 1; i >= 0; i-- {
			if a.given[i].name == name {
				return a.given[i].v, true
			}
		}
	}
	return nil, false
}

// The signatures of built-ins.
type (
	FilterFunc   func(h Host, v any, a *Args) (any, error)
	FunctionFunc func(h Host, a *Args) (any, error)
	TestFunc     func(v any, args []any) (bool, error)
)

// Filter is a filter and the names of the arguments that it also takes by
// position.
type Filter struct {
	Fn     FilterFunc
	Params []string
}

// Function is a function and the names of the arguments that it also takes by
// position.
type Function struct {
	Fn     FunctionFunc
	Params []string
}

// Table is a set of built-ins by name.
type Table struct {
	Filters   map[string]Filter
	Functions map[string]Function
	Tests     map[string]TestFunc
}

// Tera returns the built-ins of Tera 1.20.
func Tera() *Table {
	t := &Table{Filters: map[string]Filter{}, Functions: map[string]Function{}, Tests: map[string]TestFunc{}}
	addStringFilters(t)
	addTextFilters(t)
	addArrayFilters(t)
	addNumberFilters(t)
	t.Filters["date"] = Filter{Fn: date}
	addTests(t)
	addFunctions(t)
	return t
}

func (t *Table) filter(name string, fn FilterFunc, params ...string) {
	t.Filters[name] = Filter{fn, params}
}

func (t *Table) function(name string, fn FunctionFunc, params ...string) {
	t.Functions[name] = Function{fn, params}
}

// wrongArg says that an argument has the wrong type.
func wrongArg(name string, v any, want string) error {
	return fmt.Errorf("argument `%s` is %s, expected %s", name, value.Brief(v), want)
}

func wrongValue(v any, want string) error {
	return fmt.Errorf("the value is %s, expected %s", value.Brief(v), want)
}

// text returns a string argument, or def when it is absent.
func (a *Args) text(name, def string) (string, error) {
	v, ok := a.Get(name)
	if !ok {
		return def, nil
	}
	s, ok := v.(string)
	if !ok {
		return "", wrongArg(name, v, "a string")
	}
	return s, nil
}

// needText returns a string argument that must be there.
func (a *Args) needText(name string) (string, error) {
	if _, ok := a.Get(name); !ok {
		return "", fmt.Errorf("the argument `%s` is missing", name)
	}
	return a.text(name, "")
}

// flag returns a boolean argument, or def when it is absent.
func (a *Args) flag(name string, def bool) (bool, error) {
	v, ok := a.Get(name)
	if !ok {
		return def, nil
	}
	b, ok := v.(bool)
	if !ok {
		return false, wrongArg(name, v, "true or false")
	}
	return b, nil
}

// integer returns a whole number argument, or def when it is absent.
func (a *Args) integer(name string, def int64) (int64, error) {
	v, ok := a.Get(name)
	if !ok {
		return def, nil
	}
	n, ok := v.(int64)
	if !ok {
		return 0, wrongArg(name, v, "a whole number")
	}
	return n, nil
}

// natural returns a non-negative whole number argument, or def.
func (a *Args) natural(name string, def int64) (int64, error) {
	n, err := a.integer(name, def)
	if err == nil && n < 0 {
		v, _ := a.Get(name)
		return 0, wrongArg(name, v, "a whole number from 0")
	}
	return n, err
}

// seed returns the optional argument `seed`.
func (a *Args) seed() (*uint64, error) {
	v, ok := a.Get("seed")
	if !ok || v == nil {
		return nil, nil
	}
	switch n := v.(type) {
	case int64:
		u := uint64(n)
		return &u, nil
	case uint64:
		return &n, nil
	case string:
		if u, err := strconv.ParseUint(n, 10, 64); err == nil {
			return &u, nil
		}
	}
	return nil, wrongArg("seed", v, "a whole number")
}

// tooBig is the error for a result beyond the limits of the host.
func tooBig(limit int) error { return fmt.Errorf("the result is larger than %d", limit) }

// checkSize refuses a product of sizes beyond limit.
func checkSize(limit int, a, b int) error {
	if float64(a)*float64(b) > float64(min(limit, math.MaxInt/2)) {
		return tooBig(limit)
	}
	return nil
}
