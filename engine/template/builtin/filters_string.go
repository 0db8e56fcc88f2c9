package builtin

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// onText makes a filter of a function over a string.
func onText(fn func(s string) string) FilterFunc {
	return func(_ Host, v any, _ *Args) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, wrongValue(v, "a string")
		}
		return fn(s), nil
	}
}

// textArgs makes a filter of a function over a string with arguments.
func textArgs(fn func(h Host, s string, a *Args) (any, error)) FilterFunc {
	return func(h Host, v any, a *Args) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, wrongValue(v, "a string")
		}
		return fn(h, s, a)
	}
}

func addStringFilters(t *Table) {
	t.filter("upper", onText(strings.ToUpper))
	t.filter("lower", onText(strings.ToLower))
	t.filter("trim", onText(strings.TrimSpace))
	t.filter("trim_start", onText(func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }))
	t.filter("trim_end", onText(func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }))
	t.filter("trim_start_matches", textArgs(trimStart), "pat")
	t.filter("trim_end_matches", textArgs(trimEnd), "pat")
	t.filter("truncate", textArgs(truncate), "length", "end")
	t.filter("wordcount", textArgs(func(_ Host, s string, _ *Args) (any, error) { return int64(len(strings.Fields(s))), nil }))
	t.filter("replace", textArgs(replace), "from", "to")
	t.filter("capitalize", onText(capitalize))
	t.filter("title", onText(title))
	t.filter("split", textArgs(split), "pat")
	t.filter("int", toInt, "default", "base")
	t.filter("float", toFloat, "default")
}

// pattern returns the argument `pat` with its two escapes resolved: a
// backslash with n or t stands for a line break or a tab.
func (a *Args) pattern(name string, need bool) (string, error) {
	if _, ok := a.Get(name); !ok && !need {
		return "", nil
	}
	s, err := a.needText(name)
	if strings.IndexByte(s, '\\') >= 0 {
		s = patternEscapes.Replace(s)
	}
	return s, err
}

var patternEscapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t")

func trimStart(_ Host, s string, a *Args) (any, error) {
	pat, err := a.pattern("pat", true)
	for err == nil && pat != "" && strings.HasPrefix(s, pat) {
		s = s[len(pat):]
	}
	return s, err
}

func trimEnd(_ Host, s string, a *Args) (any, error) {
	pat, err := a.pattern("pat", true)
	for err == nil && pat != "" && strings.HasSuffix(s, pat) {
		s = s[:len(s)-len(pat)]
	}
	return s, err
}

// truncate cuts by grapheme cluster.
func truncate(_ Host, s string, a *Args) (any, error) {
	n, err := a.natural("length", 255)
	if err != nil {
		return nil, err
	}
	end, err := a.text("end", "…")
	if err != nil {
		return nil, err
	}
	rest, state := s, -1
	for range n {
		if rest == "" {
			return s, nil
		}
		_, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
	}
	if rest == "" {
		return s, nil
	}
	return s[:len(s)-len(rest)] + end, nil
}

func replace(h Host, s string, a *Args) (any, error) {
	from, err := a.needText("from")
	if err != nil {
		return nil, err
	}
	to, err := a.needText("to")
	if err != nil {
		return nil, err
	}
	n := strings.Count(s, from)
	if err := checkSize(h.MaxBytes(), n, len(to)); err != nil {
		return nil, err
	}
	return strings.ReplaceAll(s, from, to), nil
}

func capitalize(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + strings.ToLower(s[n:])
}

var wordStart = regexp.MustCompile(`\b(\p{L})([\p{L}\p{M}\p{Nd}\p{Pc}']*)\b`)

// title writes each word with a capital; an apostrophe is part of a word.
func title(s string) string {
	return wordStart.ReplaceAllStringFunc(s, capitalize)
}

func split(h Host, s string, a *Args) (any, error) {
	pat, err := a.pattern("pat", true)
	if err != nil {
		return nil, err
	}
	if s == "" && pat != "" {
		return []any{}, nil
	}
	if utf8.RuneCountInString(s) > h.MaxItems() {
		return nil, tooBig(h.MaxItems())
	}
	out := []any{}
	if pat == "" {
		out = append(out, "")
		for _, r := range s {
			out = append(out, string(r))
		}
		return append(out, ""), nil
	}
	for part := range strings.SplitSeq(s, pat) {
		out = append(out, part)
	}
	return out, nil
}

func toInt(_ Host, v any, a *Args) (any, error) {
	def, err := a.integer("default", 0)
	if err != nil {
		return nil, err
	}
	base, err := a.natural("base", 10)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case string:
		return parseInt(v, int(base), def), nil
	case int64, uint64:
		return v, nil
	case float64:
		switch {
		case v != v:
			return def, nil
		case v >= math.MaxInt64:
			return int64(math.MaxInt64), nil
		case v <= math.MinInt64:
			return int64(math.MinInt64), nil
		}
		return int64(v), nil
	}
	return nil, wrongValue(v, "a number or a string")
}

func parseInt(s string, base int, def int64) any {
	s = strings.TrimSpace(s)
	if prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]; prefix != "" {
		s = strings.TrimPrefix(s, prefix)
	}
	if base < 2 || base > 36 || strings.Contains(s, "_") {
		return def
	}
	if n, err := strconv.ParseInt(s, base, 64); err == nil {
		return n
	}
	if base == 10 && strings.Contains(s, ".") {
		if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < math.MaxInt64 {
			return int64(f)
		}
	}
	return def
}

func toFloat(_ Host, v any, a *Args) (any, error) {
	def := 0.0
	if d, ok := a.Get("default"); ok {
		switch n := d.(type) {
		case float64:
			def = n
		case int64:
			def = float64(n)
		default:
			return nil, wrongArg("default", d, "a number")
		}
	}
	switch v := v.(type) {
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil {
			return def, nil
		}
		return f, nil
	case int64:
		return float64(v), nil
	case uint64:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return nil, fmt.Errorf("the value is %s, expected a number or a string", kindOf(v))
}
