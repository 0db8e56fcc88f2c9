// Package level recognises how severe a line of a log is.
//
// A line as programs write it flows in; a level, and where in the line it is
// said, flow out. Understood are JSON objects, logfmt, the prefixes of the usual
// loggers (INFO, [warn], error:, E0102 of glog, <3> of syslog) and how programs
// die (panic:, Traceback). The package imports nothing of this project.
package level

import "strings"

// Level is how severe a line is. A greater one is worse.
type Level uint8

// The levels. None is a line that says nothing about it.
const (
	None  Level = iota
	Debug       // and trace
	Info        // and notice
	Warn
	Error // and everything worse
	Levels
)

// String returns the word for l; "" for None.
func (l Level) String() string {
	return [...]string{"", "debug", "info", "warn", "error"}[l]
}

// names are the words for levels, in lower case.
var names = map[string]Level{
	"trace": Debug, "debug": Debug, "dbg": Debug, "verbose": Debug, "fine": Debug,
	"info": Info, "inf": Info, "information": Info, "notice": Info, "log": Info,
	"warn": Warn, "warning": Warn, "wrn": Warn,
	"error": Error, "err": Error, "eror": Error, "fatal": Error, "ftl": Error, "critical": Error, "crit": Error,
	"panic": Error, "severe": Error, "emerg": Error, "emergency": Error, "alert": Error,
}

// named returns the level of a word; None when it is none.
func named(word string) Level {
	if n := len(word); n < 3 || n > len("information") {
		return None
	}
	if l, ok := names[word]; ok {
		return l
	}
	return names[strings.ToLower(word)]
}

// look is how many bytes of a line are looked at.
const look = 4 << 10

// Of returns the level of a line without escape sequences, and the bytes that
// say it; from and to are 0 where no word does.
func Of(line string) (l Level, from, to int) {
	line = line[:min(len(line), look)]
	start := 0
	for start < len(line) && line[start] == ' ' {
		start++
	}
	if start == len(line) {
		return None, 0, 0
	}
	if line[start] == '{' {
		return inObject(line, start)
	}
	if l, from, to := letter(line, start); l != None {
		return l, from, to
	}
	if l, from, to := inPairs(line); l != None {
		return l, from, to
	}
	return inPrefix(line, start)
}

// letter reads the head of a glog line (E0102 10:00:00) and that of syslog (<3>).
func letter(line string, at int) (Level, int, int) {
	s := line[at:]
	if len(s) > 5 && s[5] == ' ' && digits(s[1:5]) {
		switch s[0] {
		case 'I':
			return Info, at, at + 1
		case 'W':
			return Warn, at, at + 1
		case 'E', 'F':
			return Error, at, at + 1
		}
	}
	if len(s) > 2 && s[0] == '<' && s[2] == '>' && s[1] >= '0' && s[1] <= '7' {
		return [...]Level{Error, Error, Error, Error, Warn, Info, Info, Debug}[s[1]-'0'], at + 1, at + 2
	}
	return None, 0, 0
}

// digits reports whether s is decimal digits only.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// keys are what loggers call the level.
var keys = []string{"level", "lvl", "severity"}

// inPairs reads level=warn of logfmt, the value possibly in quotes.
func inPairs(line string) (Level, int, int) {
	for _, key := range keys {
		for base := 0; ; {
			i := strings.Index(line[base:], key)
			if i < 0 {
				break
			}
			at := base + i
			base = at + len(key)
			if at > 0 && line[at-1] != ' ' || base >= len(line) || line[base] != '=' {
				continue
			}
			from := base + 1
			for from < len(line) && line[from] == '"' {
				from++
			}
			to := wordEnd(line, from)
			if l := named(line[from:to]); l != None {
				return l, from, to
			}
		}
	}
	return None, 0, 0
}

func wordEnd(s string, at int) int {
	for at < len(s) && isLetter(s[at]) {
		at++
	}
	return at
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// prefixBytes and prefixWords are how far into a line a level is looked for that
// no key names.
const (
	prefixBytes = 96
	prefixWords = 6
)

// times are words that stand in front of a level as parts of a moment.
const times = " mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec utc gmt z t am pm "

// dying are how lines begin with which programs end.
var dying = []string{"panic: ", "fatal error: ", "Traceback (most recent call last)", "Exception in thread "}

// inPrefix reads the words in front of a message. One in capitals counts wherever
// it stands among the first; another one must be set off by brackets, a colon or
// a tab, or follow nothing but a moment.
func inPrefix(line string, start int) (Level, int, int) {
	for _, s := range dying {
		if strings.HasPrefix(line[start:], s) {
			to := wordEnd(line, start)
			return Error, start, to
		}
	}
	onlyTime, words := true, 0
	for at := start; at < min(len(line), prefixBytes) && words < prefixWords; {
		if !isLetter(line[at]) {
			at++
			continue
		}
		from, to := at, wordEnd(line, at)
		at = to
		if from > 0 && (isDigit(line[from-1]) || line[from-1] == '_' || line[from-1] == '/') ||
			to < len(line) && (isDigit(line[to]) || line[to] == '_' || line[to] == '/' || line[to] == '=') {
			onlyTime = onlyTime && to-from == 1
			continue // part of a longer name, or the letter of a moment
		}
		words++
		word := line[from:to]
		if l := named(word); l != None && setOff(line, from, to, onlyTime && from > start) {
			return l, from, to
		}
		if len(word) > 4 || !strings.Contains(times, " "+strings.ToLower(word)+" ") {
			onlyTime = false
		}
	}
	return None, 0, 0
}

// setOff reports whether a word stands as levels do. afterTime says that nothing
// but a moment stands in front of it.
func setOff(line string, from, to int, afterTime bool) bool {
	word := line[from:to]
	capitals := strings.ToUpper(word) == word
	next := byte(' ')
	if to < len(line) {
		next = line[to]
	}
	opened := from > 0 && strings.IndexByte("[(<|", line[from-1]) >= 0
	switch {
	case strings.IndexByte("])>|", next) >= 0:
		return opened || capitals
	case next == ':':
		return capitals || from == 0 || afterTime
	case next == ' ', next == '-':
		return capitals && word != "LOG" || opened || afterTime
	}
	return false
}
