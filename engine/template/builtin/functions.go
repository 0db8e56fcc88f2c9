package builtin

import (
	"errors"
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

func addFunctions(t *Table) {
	t.function("range", rangeOf, "end")
	t.function("now", now)
	t.function("throw", throw, "message")
	t.function("get_random", getRandom)
	t.function("get_env", getEnv, "name", "default")
}

// Thrown is the error of the function `throw`: the user's own words.
type Thrown struct{ Message string }

// Error returns the words.
func (t *Thrown) Error() string { return t.Message }

func rangeOf(h Host, a *Args) (any, error) {
	start, err := a.natural("start", 0)
	if err != nil {
		return nil, err
	}
	if _, ok := a.Get("end"); !ok {
		return nil, errors.New("the argument `end` is missing")
	}
	end, err := a.natural("end", 0)
	if err != nil {
		return nil, err
	}
	step, err := a.natural("step_by", 1)
	if err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, errors.New("argument `step_by` must not be 0")
	}
	if start > end {
		return nil, fmt.Errorf("`start` (%d) is greater than `end` (%d)", start, end)
	}
	n := (end-start)/step + min((end-start)%step, 1)
	if n > int64(h.MaxItems()) {
		return nil, tooBig(h.MaxItems())
	}
	out := make([]any, 0, n)
	for i := start; i < end; i += step {
		out = append(out, i)
	}
	return out, nil
}

// chronoRFC3339 writes +00:00 where Go writes Z.
const chronoRFC3339 = "2006-01-02T15:04:05.999999999-07:00"

func now(h Host, a *Args) (any, error) {
	utc, err := a.flag("utc", false)
	if err != nil {
		return nil, err
	}
	stamp, err := a.flag("timestamp", false)
	if err != nil {
		return nil, err
	}
	t := h.Now()
	if utc {
		t = t.UTC()
	}
	if stamp {
		return t.Unix(), nil
	}
	return t.Format(chronoRFC3339), nil
}

func throw(_ Host, a *Args) (any, error) {
	msg, err := a.needText("message")
	if err != nil {
		return nil, err
	}
	return nil, &Thrown{msg}
}

func getRandom(h Host, a *Args) (any, error) {
	start, err := a.integer("start", 0)
	if err != nil {
		return nil, err
	}
	if _, ok := a.Get("end"); !ok {
		return nil, errors.New("the argument `end` is missing")
	}
	end, err := a.integer("end", 0)
	if err != nil {
		return nil, err
	}
	if end <= start || end-start <= 0 {
		return nil, fmt.Errorf("`start` (%d) must be less than `end` (%d)", start, end)
	}
	return start + h.Random("get_random", nil).Int64N(end-start), nil
}

func getEnv(h Host, a *Args) (any, error) {
	name, err := a.needText("name")
	if err != nil {
		return nil, err
	}
	if s, ok := h.Getenv(name); ok {
		return s, nil
	}
	if d, ok := a.Get("default"); ok {
		return value.Normalise(d), nil
	}
	return nil, fmt.Errorf("%w: `%s` is not set", ErrNotSet, name)
}
