package builtin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// Clnrm returns the built-ins of test files: those of Tera, with the additions
// and overrides that docs/templates.md lists.
func Clnrm() *Table {
	t := Tera()
	t.filter("default", fallback, "value")
	addCaseFilters(t)
	t.function("env", env, "name", "default")
	t.function("get_env", env, "name", "default")
	t.function("sha256", hash, "s")
	t.function("toml_encode", tomlEncode, "value")
	t.function("toml_key", tomlKey, "value")
	t.filter("sha256", func(h Host, v any, a *Args) (any, error) { return sum(h, v) })
	t.filter("toml_encode", func(h Host, v any, a *Args) (any, error) { return TOML(v, h.MaxBytes()) })
	addTimeFunctions(t)
	addIDs(t)
	addChoices(t)
	addFakes(t)
	return t
}

// fallback is `default` in a filter section, the only place where it is called
// as a filter: elsewhere evaluation itself handles what does not exist.
func fallback(_ Host, v any, a *Args) (any, error) {
	if v != nil && v != "" {
		return v, nil
	}
	return a.first("value")
}

// first returns the first argument that is given under one of names.
func (a *Args) first(names ...string) (any, error) {
	for _, n := range names {
		if v, ok := a.Get(n); ok {
			return v, nil
		}
	}
	return nil, fmt.Errorf("the argument `%s` is missing", names[0])
}

// env reads an environment variable; `default` replaces one that is not set.
func env(h Host, a *Args) (any, error) {
	v, err := a.first("name", "key", "var")
	if err != nil {
		return nil, err
	}
	name, ok := v.(string)
	if !ok {
		return nil, wrongArg("name", v, "a string")
	}
	if s, ok := h.Getenv(name); ok {
		return s, nil
	}
	if d, ok := a.Get("default"); ok {
		return d, nil
	}
	return nil, fmt.Errorf("%w: `%s` is not set", ErrNotSet, name)
}

func hash(h Host, a *Args) (any, error) {
	v, err := a.first("s", "input", "value")
	if err != nil {
		return nil, err
	}
	return sum(h, v)
}

// sum is the SHA-256 of what v prints as, in lower hex.
func sum(h Host, v any) (any, error) {
	b, ok := value.AppendText(nil, v, h.MaxBytes())
	if !ok {
		return nil, tooBig(h.MaxBytes())
	}
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:]), nil
}

func tomlEncode(h Host, a *Args) (any, error) {
	v, err := a.first("value", "s")
	if err != nil {
		return nil, err
	}
	return TOML(v, h.MaxBytes())
}

// TOML writes v as a TOML value: strings with full escaping, floats with a
// point, objects as inline tables. Null becomes the string "null", because TOML
// has no such value.
func TOML(v any, limit int) (string, error) {
	var b strings.Builder
	if !writeTOML(&b, v, limit, 0) {
		return "", tooBig(limit)
	}
	return b.String(), nil
}

// maxTOML bounds the nesting of an encoded value.
const maxTOML = 200

func writeTOML(b *strings.Builder, v any, limit, depth int) bool {
	if depth > maxTOML {
		return false
	}
	switch v := v.(type) {
	case nil:
		b.WriteString(`"null"`)
	case string:
		writeTOMLString(b, v)
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if !writeTOML(b, x, limit, depth+1) {
				return false
			}
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, k := range value.Keys(v) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte(' ')
			writeTOMLKey(b, k)
			b.WriteString(" = ")
			if !writeTOML(b, v[k], limit, depth+1) {
				return false
			}
		}
		b.WriteString(" }")
	default:
		b.WriteString(value.NumberText(v))
	}
	return b.Len() <= limit
}

// writeTOMLKey writes a key bare where TOML allows that.
func writeTOMLKey(b *strings.Builder, k string) {
	for i := 0; i < len(k); i++ {
		c := k[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			writeTOMLString(b, k)
			return
		}
	}
	if k == "" {
		k = `""`
	}
	b.WriteString(k)
}

// tomlKey writes one part of a TOML key.
func tomlKey(_ Host, a *Args) (any, error) {
	v, err := a.first("value", "s")
	if err != nil {
		return nil, err
	}
	k, ok := value.AppendText(nil, v, maxText)
	if !ok {
		return nil, tooBig(maxText)
	}
	var b strings.Builder
	writeTOMLKey(&b, string(k))
	return b.String(), nil
}

func writeTOMLString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		case '\r':
			b.WriteString(`\r`)
		default:
			if r < ' ' || r == 0x7f {
				fmt.Fprintf(b, `\u%04X`, r)
				continue
			}
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// addTimeFunctions adds what reads the clock. Under [determinism] freeze_clock
// the clock of the host stands still.
func addTimeFunctions(t *Table) {
	at := func(fn func(now time.Time, a *Args) (any, error)) FunctionFunc {
		return func(h Host, a *Args) (any, error) { return fn(h.Now().UTC(), a) }
	}
	t.function("now_rfc3339", at(func(now time.Time, _ *Args) (any, error) { return now.Format(time.RFC3339Nano), nil }))
	t.function("now_unix", at(func(now time.Time, _ *Args) (any, error) { return now.Unix(), nil }))
	t.function("now_ms", at(func(now time.Time, _ *Args) (any, error) { return now.UnixMilli(), nil }))
	t.function("now_plus", at(func(now time.Time, a *Args) (any, error) {
		if _, ok := a.Get("seconds"); !ok {
			return nil, errors.New("the argument `seconds` is missing")
		}
		return shifted(now, a, "seconds")
	}), "seconds")
	t.function("date_rfc3339", at(func(now time.Time, a *Args) (any, error) { return shifted(now, a, "offset_seconds") }), "offset_seconds")
}

func shifted(now time.Time, a *Args, name string) (any, error) {
	n, err := a.integer(name, 0)
	if err != nil {
		return nil, err
	}
	const limit = 1 << 33 // seconds, about 270 years
	if n > limit || n < -limit {
		return nil, fmt.Errorf("argument `%s` is out of range", name)
	}
	return now.Add(time.Duration(n) * time.Second).Format(time.RFC3339Nano), nil
}

// addCaseFilters adds the conversions of names. All of them, and upper and
// lower, take any value.
func addCaseFilters(t *Table) {
	onAny := func(fn func(string) string) FilterFunc {
		return func(h Host, v any, _ *Args) (any, error) {
			b, ok := value.AppendText(nil, v, h.MaxBytes())
			if !ok {
				return nil, tooBig(h.MaxBytes())
			}
			return fn(string(b)), nil
		}
	}
	for name, fn := range map[string]func(string) string{
		"upper":  strings.ToUpper,
		"lower":  strings.ToLower,
		"camel":  func(s string) string { return lowerFirst(joinWords(s, "", capitalize)) },
		"pascal": func(s string) string { return joinWords(s, "", capitalize) },
		"snake":  func(s string) string { return joinWords(s, "_", strings.ToLower) },
		"kebab":  func(s string) string { return joinWords(s, "-", strings.ToLower) },
		"slug":   slugify,
	} {
		t.filter(name, onAny(fn))
		if name == "slug" || name == "kebab" || name == "snake" {
			t.function(name, func(h Host, a *Args) (any, error) {
				v, err := a.first("s", "value", "input")
				if err != nil {
					return nil, err
				}
				return onAny(fn)(h, v, nil)
			}, "s")
		}
	}
}

func lowerFirst(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToLower(s[:n]) + s[n:]
}

// joinWords splits s into words at everything that is no letter or digit, where
// lower case or a digit meets upper case, and where digits begin, and joins them
// again.
func joinWords(s, sep string, each func(string) string) string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, each(string(word)))
			word = word[:0]
		}
	}
	runes := []rune(s)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if unicode.IsUpper(r) && len(word) > 0 {
			last := word[len(word)-1]
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(last) || next {
				flush()
			}
		}
		if unicode.IsDigit(r) && len(word) > 0 && unicode.IsLetter(word[len(word)-1]) {
			flush()
		}
		word = append(word, r)
	}
	flush()
	return strings.Join(out, sep)
}
