package level

import "strings"

// objectKeys are what loggers that write JSON call the level.
var objectKeys = []string{"level", "lvl", "severity", "log.level", "loglevel", "levelname", "@level", "severitytext", "severity_text"}

// inObject reads the level of a JSON object that begins at a byte: the value of
// one of the keys of the object itself, a word or a number of pino and bunyan.
func inObject(line string, at int) (Level, int, int) {
	depth := 0
	for i := at; i < len(line); i++ {
		switch line[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			from := i + 1
			i = stringEnd(line, from)
			if depth != 1 || !isKey(line[from:min(i, len(line))]) {
				continue
			}
			if l, from, to := value(line, i+1); l != None {
				return l, from, to
			}
		}
	}
	return None, 0, 0
}

// stringEnd is where the string ends that begins at a byte: at its quote, or at
// the end of the line.
func stringEnd(s string, at int) int {
	for at < len(s) && s[at] != '"' {
		if s[at] == '\\' {
			at++
		}
		at++
	}
	return min(at, len(s))
}

func isKey(s string) bool {
	for _, key := range objectKeys {
		if strings.EqualFold(s, key) {
			return true
		}
	}
	return false
}

// value reads what stands behind a key; None for a string that is no key, too.
func value(line string, at int) (Level, int, int) {
	at = blanks(line, at)
	if at >= len(line) || line[at] != ':' {
		return None, 0, 0
	}
	at = blanks(line, at+1)
	if at >= len(line) {
		return None, 0, 0
	}
	if line[at] == '"' {
		from := at + 1
		to := stringEnd(line, from)
		return named(line[from:to]), from, to
	}
	to := at
	for to < len(line) && isDigit(line[to]) {
		to++
	}
	switch line[at:to] {
	case "10", "20":
		return Debug, at, to
	case "30":
		return Info, at, to
	case "40":
		return Warn, at, to
	case "50", "60":
		return Error, at, to
	}
	return None, 0, 0
}

func blanks(s string, at int) int {
	for at < len(s) && s[at] == ' ' {
		at++
	}
	return at
}
