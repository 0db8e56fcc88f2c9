package watch

import "strings"

// rule is one line of an ignore file.
type rule struct {
	text     string // the pattern, without "!" and without the slash at its end
	plain    int    // bytes of text before its first special character
	include  bool   // "!": what earlier lines ignore is looked at again
	dirOnly  bool
	baseOnly bool // text has no slash: the last element of a path decides
}

// parseRules reads an ignore file in the form of git's (gitignore(5)), in all
// that git does, whether it is documented or not.
func parseRules(text string) []rule {
	var out []rule
	text = strings.TrimPrefix(text, "\ufeff")
	for _, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\r"), "\x00")
		if r := parseRule(trimBlanks(line)); r.text != "" {
			out = append(out, r)
		}
	}
	return out
}

// trimBlanks removes the blanks at the end of a line, but for those that a
// backslash stands before.
func trimBlanks(line string) string {
	last := -1
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			if last < 0 {
				last = i
			}
			continue
		case '\\':
			if i++; i == len(line) {
				return line
			}
		}
		last = -1
	}
	if last >= 0 {
		return line[:last]
	}
	return line
}

// parseRule reads one line.
func parseRule(line string) rule {
	var r rule
	line, r.include = strings.CutPrefix(line, "!")
	r.text, r.dirOnly = strings.CutSuffix(line, "/")
	r.baseOnly = !strings.Contains(r.text, "/")
	r.plain = plainLength(r.text)
	return r
}

// matches reports whether a path, relative to the folder of the ignore file, is
// one that the rule is about.
func (r *rule) matches(path string, dir bool) bool {
	if r.dirOnly && !dir {
		return false
	}
	if r.baseOnly {
		base := path[strings.LastIndexByte(path, '/')+1:]
		if r.text[0] == '*' && plainLength(r.text[1:]) == len(r.text)-1 {
			return strings.HasSuffix(base, r.text[1:])
		}
		return wildmatch(r.text, base, false)
	}
	text, plain := r.text, r.plain
	if text[0] == '/' {
		text, plain = text[1:], plain-1
	}
	// As in git, what stands before the first special character is compared by
	// itself: a ** right behind it counts as one at the beginning of a pattern.
	rest, ok := strings.CutPrefix(path, text[:plain])
	return ok && wildmatch(text[plain:], rest, true)
}

// plainLength is how much of a pattern stands for itself.
func plainLength(text string) int {
	if n := strings.IndexAny(text, `*?[\`); n >= 0 {
		return n
	}
	return len(text)
}
