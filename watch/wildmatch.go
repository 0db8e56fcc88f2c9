package watch

import "strings"

// outcome is what a part of a pattern says of the rest of a text.
type outcome uint8

const (
	differs outcome = iota
	matches
	hopeless     // no star before can make it match by standing for more
	hopelessHere // only a ** before can
)

// wildmatch reports whether a pattern matches a whole text, as git's function of
// that name does. In paths only ** between slashes stands for slashes.
func wildmatch(pattern, text string, paths bool) bool {
	return wild(pattern, text, paths) == matches
}

// at is a byte of s, 0 behind its end: a pattern holds no such byte.
func at(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

func wild(p, t string, paths bool) outcome {
	i, j := 0, 0
	for ; i < len(p); i, j = i+1, j+1 {
		if j >= len(t) && p[i] != '*' {
			return hopeless
		}
		switch p[i] {
		case '?':
			if paths && t[j] == '/' {
				return differs
			}
		case '[':
			end, in, ok := class(p, i+1, t[j])
			if !ok {
				return hopeless
			}
			if !in || paths && t[j] == '/' {
				return differs
			}
			i = end
		case '*':
			begin := i
			for i++; at(p, i) == '*'; i++ {
			}
			deep := !paths
			if paths && i-begin > 1 && (begin == 0 || p[begin-1] == '/') &&
				(i == len(p) || p[i] == '/' || p[i] == '\\' && at(p, i+1) == '/') {
				if at(p, i) == '/' && wild(p[i+1:], t[j:], paths) == matches {
					return matches
				}
				deep = true
			}
			if i == len(p) || deep || p[i] != '/' {
				return star(p[i:], t[j:], paths, deep)
			}
			slash := strings.IndexByte(t[j:], '/')
			if slash < 0 {
				return hopeless
			}
			j += slash // the star stands for one element
		case '\\':
			if i++; at(p, i) != t[j] {
				return differs
			}
		default:
			if p[i] != t[j] {
				return differs
			}
		}
	}
	if j < len(t) {
		return differs
	}
	return matches
}

// star says whether p matches an end of t, which a star, or ** when deep, stands
// before.
func star(p, t string, paths, deep bool) outcome {
	if p == "" {
		if !deep && strings.Contains(t, "/") {
			return hopelessHere
		}
		return matches
	}
	for j := 0; j < len(t); j++ {
		if plainLength(p) > 0 { // the star ends where that byte is
			next := strings.IndexByte(t[j:], p[0])
			slash := strings.IndexByte(t[j:], '/')
			switch {
			case deep && next < 0:
				return hopeless
			case !deep && (next < 0 || slash >= 0 && slash < next):
				return hopelessHere
			}
			j += next
		}
		if o := wild(p, t[j:], paths); o != differs {
			if !deep || o != hopelessHere {
				return o
			}
		} else if !deep && t[j] == '/' {
			return hopelessHere
		}
	}
	return hopeless
}

// class reports whether c is in the class of characters that begins at p[i], and
// where that ends. A class that never ends, or that names an unknown kind of
// characters, is none.
func class(p string, i int, c byte) (end int, in, ok bool) {
	not := at(p, i) == '!' || at(p, i) == '^'
	if not {
		i++
	}
	var before byte // begins a range, when a dash follows
	for first := true; first || at(p, i) != ']'; first, i = false, i+1 {
		if i >= len(p) {
			return 0, false, false
		}
		one := p[i]
		switch {
		case one == '\\':
			if i++; i >= len(p) {
				return 0, false, false
			}
			one = p[i]
			in = in || one == c
		case one == '-' && before != 0 && i+1 < len(p) && p[i+1] != ']':
			if i++; p[i] == '\\' {
				if i++; i >= len(p) {
					return 0, false, false
				}
			}
			in = in || before <= c && c <= p[i]
			one = 0
		case one == '[' && at(p, i+1) == ':':
			length := strings.IndexByte(p[i+2:], ']')
			if length < 0 {
				return 0, false, false
			}
			if length == 0 || p[i+2+length-1] != ':' { // a bracket like any other character
				in = in || c == '['
				break
			}
			kind, known := kinds[p[i+2:i+2+length-1]]
			if !known {
				return 0, false, false
			}
			in = in || kind(c)
			i += 2 + length
			one = 0
		default:
			in = in || one == c
		}
		before = one
	}
	return i, in != not, true
}

// kinds are the named classes of ASCII characters.
var kinds = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return letter(c) || digit(c) },
	"alpha":  letter,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < 0x20 || c == 0x7f },
	"digit":  digit,
	"graph":  func(c byte) bool { return c > 0x20 && c < 0x7f },
	"lower":  func(c byte) bool { return 'a' <= c && c <= 'z' },
	"print":  func(c byte) bool { return c >= 0x20 && c < 0x7f },
	"punct":  func(c byte) bool { return c > 0x20 && c < 0x7f && !letter(c) && !digit(c) },
	"space":  func(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' },
	"upper":  func(c byte) bool { return 'A' <= c && c <= 'Z' },
	"xdigit": func(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' },
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func digit(c byte) bool { return '0' <= c && c <= '9' }
