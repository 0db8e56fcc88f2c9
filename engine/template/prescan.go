package template

import (
	"slices"
	"strings"
)

// entry is one `key = value` of the raw text of a template, found without
// rendering it.
type entry struct {
	path     []string // table and key
	value    string   // raw text, possibly with template tags
	line     int
	start    int // offset of the key
	from, to int // offsets of the value
	// Of what stands below [[a.b]]: which element of how long a path. The path is
	// no part of a list when element is 0.
	element, list int
}

// feeds are the tables that a render reads before it starts.
var feeds = map[string]bool{"vars": true, "template": true, "matrix": true, "otel": true, "determinism": true}

// scanTOML finds the entries of the tables that feed a render. It is lenient:
// what it cannot read it skips, because the text is no TOML yet.
func scanTOML(src string) []entry {
	s := &tomlScan{src: src}
	for s.p < len(src) {
		s.line()
	}
	return s.entries
}

type tomlScan struct {
	src     string
	p       int
	counted int // offset up to which lines are counted
	lines   int
	table   []string
	list    []string // the path of the last [[a.b]], while its element goes on
	element int      // which of them it is in the text
	entries []entry
}

// line reads one header, entry, comment or tag at the start of a line.
func (s *tomlScan) line() {
	s.blank()
	if s.p >= len(s.src) {
		return
	}
	switch c := s.src[s.p]; {
	case c == '#':
		s.endOfLine()
	case s.tag():
	case c == '[':
		s.header()
	default:
		s.entry()
	}
}

func (s *tomlScan) blank() {
	for s.p < len(s.src) && strings.IndexByte(" \t\r\n", s.src[s.p]) >= 0 {
		s.p++
	}
}

func (s *tomlScan) endOfLine() {
	if i := strings.IndexByte(s.src[s.p:], '\n'); i >= 0 {
		s.p += i + 1
	} else {
		s.p = len(s.src)
	}
}

// tag skips a template tag, output or comment at the current place.
func (s *tomlScan) tag() bool {
	rest := s.src[s.p:]
	if len(rest) < 2 || rest[0] != '{' {
		return false
	}
	end := ""
	switch rest[1] {
	case '#':
		end = "#}"
	case '{':
		end = "}}"
	case '%':
		end = "%}"
	default:
		return false
	}
	i := 2
	for i < len(rest) && !strings.HasPrefix(rest[i:], end) {
		if c := rest[i]; end != "#}" && (c == '"' || c == '\'' || c == '`') {
			if j := strings.IndexByte(rest[i+1:], c); j >= 0 {
				i += j + 1
			}
		}
		i++
	}
	s.p += min(i+2, len(rest))
	return true
}

func (s *tomlScan) header() {
	line, _, _ := strings.Cut(s.src[s.p:], "\n")
	s.table = nil
	name := strings.TrimLeft(line, "[")
	if end := strings.IndexByte(name, ']'); end >= 0 && len(line)-len(name) <= 2 {
		s.table = keyPath(name[:end])
	}
	switch {
	case strings.HasPrefix(line, "[["):
		s.list = s.table
		s.element++
	case len(s.table) < len(s.list) || !slices.Equal(s.table[:len(s.list)], s.list):
		s.list = nil
	}
	s.endOfLine()
}

// keyPath splits a dotted key; nil when it is not made of plain or quoted parts.
func keyPath(key string) []string {
	var parts []string
	for rest := strings.TrimSpace(key); ; {
		var part string
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return nil
			}
			part, rest = rest[1:1+end], strings.TrimSpace(rest[2+end:])
		} else {
			end := strings.IndexAny(rest, ". \t")
			if end < 0 {
				end = len(rest)
			}
			part, rest = rest[:end], strings.TrimSpace(rest[end:])
			if part == "" || strings.ContainsAny(part, "{}\"'=,") {
				return nil
			}
		}
		parts = append(parts, part)
		if rest == "" {
			return parts
		}
		if rest[0] != '.' {
			return nil
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// entry reads `key = value`, or skips a line that is neither.
func (s *tomlScan) entry() {
	start := s.p
	for s.p < len(s.src) && s.src[s.p] != '=' && s.src[s.p] != '\n' {
		if !s.tag() {
			s.p++
		}
	}
	if s.p >= len(s.src) || s.src[s.p] == '\n' {
		return
	}
	key := s.src[start:s.p]
	s.p++
	from := s.p
	s.value()
	var first string
	if len(s.table) > 0 {
		first = s.table[0]
	} else {
		first, _, _ = strings.Cut(strings.TrimSpace(key), ".")
	}
	if !feeds[strings.TrimSpace(first)] {
		return
	}
	parts := keyPath(key)
	if parts == nil {
		return
	}
	path := append(append([]string{}, s.table...), parts...)
	s.lines += strings.Count(s.src[s.counted:start], "\n")
	s.counted = start
	e := entry{path: path, value: strings.TrimSpace(s.src[from:s.p]), line: s.lines + 1, start: start, from: from, to: s.p}
	if s.list != nil {
		e.element, e.list = s.element, len(s.list)
	}
	s.entries = append(s.entries, e)
}

// value moves behind a value: to the end of its line, or further when strings
// or brackets are open.
func (s *tomlScan) value() {
	depth := 0
	for s.p < len(s.src) {
		if s.tag() {
			continue
		}
		switch c := s.src[s.p]; c {
		case '\n':
			if depth <= 0 {
				return
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '#':
			if i := strings.IndexByte(s.src[s.p:], '\n'); i >= 0 {
				s.p += i
			} else {
				s.p = len(s.src)
			}
			continue
		case '"', '\'':
			s.quoted(c)
			continue
		}
		s.p++
	}
}

// quoted moves behind a TOML string; tags inside it may hold quotes.
func (s *tomlScan) quoted(q byte) {
	long := strings.Repeat(string(q), 3)
	multi := strings.HasPrefix(s.src[s.p:], long)
	if multi {
		s.p += 3
	} else {
		s.p++
	}
	for s.p < len(s.src) {
		if s.tag() {
			continue
		}
		c := s.src[s.p]
		switch {
		case c == '\\' && q == '"':
			s.p++
		case multi && strings.HasPrefix(s.src[s.p:], long):
			s.p += 3
			return
		case !multi && c == q:
			s.p++
			return
		case !multi && c == '\n':
			return
		}
		s.p++
	}
	s.p = min(s.p, len(s.src))
}
