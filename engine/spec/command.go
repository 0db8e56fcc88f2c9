package spec

import (
	"errors"
	"strings"
)

// The ways in which a command line is refused.
var (
	errEmptyCommand = errors.New("the command line is empty")
	errSingleQuote  = errors.New("a single quote in the command line is never closed")
	errDoubleQuote  = errors.New("a double quote in the command line is never closed")
)

// splitCommand turns a command line into the argument vector that is executed:
// words are separated by white space, '…' is literal, "…" and a backslash quote
// as in a shell, and an empty quoted word is a word. A line that uses shell
// syntax (several lines, operators, redirections, variables, command
// substitution, leading assignments) is handed to "sh -c" as a whole; variables
// count inside double quotes too, since a shell expands them there.
func splitCommand(line string) ([]string, error) {
	line = strings.TrimSpace(line)
	if line == "" {
		return nil, errEmptyCommand
	}
	var (
		argv  []string
		word  strings.Builder
		open  bool // a word has begun
		shell bool
		quote rune
		after bool // after a backslash
	)
	for _, c := range line {
		switch {
		case after:
			after = false
			word.WriteRune(c)
		case c == '\\' && quote != '\'':
			after, open = true, true
		case quote == '\'':
			if c == quote {
				quote = 0
			} else {
				word.WriteRune(c)
			}
		case c == '$' || c == '`':
			shell, open = true, true
			word.WriteRune(c)
		case quote == '"':
			if c == quote {
				quote = 0
			} else {
				word.WriteRune(c)
			}
		case c == '"' || c == '\'':
			quote, open = c, true
		case c == '\n':
			shell = true
		case c == ' ' || c == '\t' || c == '\r':
			if open {
				argv = append(argv, word.String())
				word.Reset()
				open = false
			}
		default:
			shell = shell || strings.ContainsRune("&|;<>()", c) || (c == '=' && len(argv) == 0 && isName(word.String()))
			open = true
			word.WriteRune(c)
		}
	}
	switch {
	case quote == '\'':
		return nil, errSingleQuote
	case quote == '"':
		return nil, errDoubleQuote
	case shell:
		return []string{"sh", "-c", line}, nil
	}
	if open {
		argv = append(argv, word.String())
	}
	return argv, nil
}

// isName reports whether s can be the name of a shell variable.
func isName(s string) bool {
	for i, c := range s {
		letter := c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
