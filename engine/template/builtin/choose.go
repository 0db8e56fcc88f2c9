package builtin

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// addChoices adds what chooses from lists.
func addChoices(t *Table) {
	for name, gen := range map[string]generator{"pick": pick, "weighted": weighted, "shuffle": shuffle, "sample": sample} {
		first := "list"
		if name == "weighted" {
			first = "pairs"
		}
		params := []string{first}
		if name == "sample" {
			params = append(params, "k")
		}
		t.function(name, seeded(name, gen), params...)
	}
}

// list returns the list argument; the corpus also calls it `array`.
func (a *Args) list(name string) ([]any, error) {
	v, err := a.first(name, "array", "items")
	if err != nil {
		return nil, err
	}
	l, ok := v.([]any)
	if !ok {
		return nil, wrongArg(name, v, "an array")
	}
	return l, nil
}

func pick(r *rand.Rand, a *Args) (any, error) {
	l, err := a.list("list")
	if err != nil {
		return nil, err
	}
	if len(l) == 0 {
		return nil, errors.New("the list is empty")
	}
	return l[r.IntN(len(l))], nil
}

func weighted(r *rand.Rand, a *Args) (any, error) {
	l, err := a.list("pairs")
	if err != nil {
		return nil, err
	}
	total := 0.0
	for _, x := range l {
		p, ok := x.([]any)
		if !ok || len(p) != 2 || !value.IsNumber(p[1]) || value.Float(p[1]) < 0 {
			return nil, wrongArg("pairs", x, "pairs [value, weight]")
		}
		total += value.Float(p[1])
	}
	if total == 0 {
		return nil, errors.New("the weights add up to 0")
	}
	at := r.Float64() * total
	for _, x := range l {
		p := x.([]any)
		if at -= value.Float(p[1]); at < 0 {
			return p[0], nil
		}
	}
	return l[len(l)-1].([]any)[0], nil
}

func shuffle(r *rand.Rand, a *Args) (any, error) {
	l, err := a.list("list")
	if err != nil {
		return nil, err
	}
	out := slices.Clone(l)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out, nil
}

func sample(r *rand.Rand, a *Args) (any, error) {
	l, err := a.list("list")
	if err != nil {
		return nil, err
	}
	name := "k"
	if _, ok := a.Get(name); !ok {
		name = "n"
	}
	if _, ok := a.Get(name); !ok {
		return nil, errors.New("the argument `k` is missing")
	}
	k, err := a.natural(name, 0)
	if err != nil {
		return nil, err
	}
	if k > int64(len(l)) {
		return nil, fmt.Errorf("sample() k (%d) cannot be larger than list size (%d)", k, len(l))
	}
	out := make([]any, 0, k)
	for _, i := range r.Perm(len(l))[:k] {
		out = append(out, l[i])
	}
	return out, nil
}
