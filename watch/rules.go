package watch

import (
	"regexp"
	"strings"
)

// rule is one line of an ignore file.
type rule struct {
	re      *regexp.Regexp // of a path relative to the file's folder
	include bool           // "!": what earlier lines ignore is looked at again
	dirOnly bool
}

// parseRules reads an ignore file in the form of git's (gitignore(5)). Lines that
// can match nothing are left out.
func parseRules(text string) []rule {
	var out []rule
	for _, line := range strings.Split(text, "\n") {
		if r, ok := parseRule(strings.TrimSuffix(line, "\r")); ok {
			out = append(out, r)
		}
	}
	return out
}

// parseRule reads one line.
func parseRule(line string) (r rule, ok bool) {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	if line == "" || line[0] == '#' {
		return r, false
	}
	if r.include = line[0] == '!'; r.include {
		line = line[1:]
	}
	if line, r.dirOnly = strings.CutSuffix(line, "/"); line == "" {
		return r, false
	}
	anchored := strings.Contains(line, "/")
	expr, ok := wildcard(strings.TrimPrefix(line, "/"))
	if !ok {
		return r, false
	}
	if !anchored {
		expr = "(?:.*/)?" + expr
	}
	re, err := regexp.Compile("^(?s:" + expr + ")$")
	if err != nil {
		return r, false
	}
	r.re = re
	return r, true
}

// wildcard turns a pattern into a regular expression; false when it can match
// nothing.
func wildcard(p string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(p); {
		rest := p[i:]
		stars := len(rest) - len(strings.TrimLeft(rest, "*"))
		deep := stars > 1 && (i == 0 || p[i-1] == '/')
		switch {
		case deep && len(rest) > stars && rest[stars] == '/':
			b.WriteString("(?:.*/)?")
			i += stars + 1
		case deep && len(rest) == stars:
			b.WriteString(".+")
			i += stars
		case stars > 0:
			b.WriteString("[^/]*")
			i += stars
		case rest[0] == '?':
			b.WriteString("[^/]")
			i++
		case rest[0] == '[':
			class, n := bracket(rest)
			if n == 0 {
				return "", false
			}
			b.WriteString(class)
			i += n
		case rest[0] == '\\':
			if len(rest) == 1 {
				return "", false
			}
			b.WriteString(regexp.QuoteMeta(rest[1:2]))
			i += 2
		default:
			b.WriteString(regexp.QuoteMeta(rest[:1]))
			i++
		}
	}
	return b.String(), true
}

// bracket turns a class such as [a-z] or [!0-9] into that of a regular expression
// and returns its length, 0 when it is never closed. No class holds a slash.
func bracket(p string) (string, int) {
	i := 1
	not := false
	if i < len(p) && (p[i] == '!' || p[i] == '^') {
		not, i = true, i+1
	}
	var b strings.Builder
	for first := true; i < len(p) && (first || p[i] != ']'); first = false {
		switch {
		case strings.HasPrefix(p[i:], "[:"):
			end := strings.Index(p[i:], ":]")
			if end < 0 {
				return "", 0
			}
			b.WriteString(p[i : i+end+2])
			i += end + 2
			continue
		case p[i] == '\\' && i+1 < len(p):
			i++
			b.WriteString(`\x{` + hex(p[i]) + `}`)
		case p[i] == '-':
			b.WriteByte('-')
		default:
			b.WriteString(`\x{` + hex(p[i]) + `}`)
		}
		i++
	}
	if i >= len(p) {
		return "", 0
	}
	if not {
		return "[^/" + b.String() + "]", i + 1
	}
	return "[" + b.String() + "]", i + 1
}

func hex(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}
