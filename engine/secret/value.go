package secret

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// minRunes is the length below which a value is not hidden: it stands in
	// ordinary text by chance.
	minRunes = 4
	// minDigits is the same for values of digits only: ports, years, counts.
	minDigits = 6
	// minLine is the length in bytes from which a line of a secret of several
	// lines is hidden on its own.
	minLine = 12
	// maxEncoded is the length in bytes up to which a value is hidden in its
	// encodings too; they cost up to 1 KiB of memory for each byte of it.
	maxEncoded = 16 << 10
)

// publicValues are values that stand in every log and document. They protect
// nothing, and hiding them would make the text around them unreadable.
var publicValues = []string{
	"true", "false", "null", "none", "undefined", "enabled", "disabled", "default", "string", "value",
	"test", "tests", "testing", "tester", "example", "sample", "demo", "local", "localhost", "development", "staging", "production",
	"admin", "administrator", "root", "user", "username", "guest", "public", "anonymous", "service",
	"password", "passwd", "pass", "secret", "token", "apikey", "credentials", "changeme", "change-me",
	"postgres", "postgresql", "mysql", "mariadb", "redis", "mongo", "mongodb", "rabbitmq", "minio", "minioadmin", "docker", "elastic", "grafana",
}

// Hideable reports whether a Set hides this value. White space around it does
// not count. Not hidden are values of fewer than 4 characters, of digits only
// with fewer than 6 of them, of one character repeated (a mask, a filler),
// references as ${NAME} or {{ name }}, and words that everybody uses (true,
// test, admin, postgres, password and the like, in any case): they would be
// found all over in ordinary text. A caller that knows the name of such a value
// hides it with Set.Field.
func Hideable(value string) bool {
	value = strings.TrimSpace(value)
	n := utf8.RuneCountInString(value)
	switch first, size := utf8.DecodeRuneInString(value); {
	case n < minRunes,
		n < minDigits && strings.Trim(value, "0123456789") == "",
		strings.Trim(value, value[:size]) == "" && first != utf8.RuneError,
		strings.HasPrefix(value, "${") && strings.HasSuffix(value, "}"),
		strings.HasPrefix(value, "{{") && strings.HasSuffix(value, "}}"):
		return false
	}
	return !slices.Contains(publicValues, strings.ToLower(value))
}

// schemes are what stands before the credentials in an Authorization header
// (RFC 9110 section 11.6.2). Programs print the credentials alone too.
var schemes = []string{"bearer", "basic", "token", "apikey"}

// parts returns the texts to hide for one value: the value itself, what follows
// an authorization scheme, and each long line, since logs are split into lines.
// The armour lines of PEM are public and stay readable.
func parts(value string) []string {
	value = strings.TrimSpace(value)
	if !Hideable(value) {
		return nil
	}
	out := []string{value}
	if scheme, rest, ok := strings.Cut(value, " "); ok && slices.Contains(schemes, strings.ToLower(scheme)) {
		if rest = strings.TrimSpace(rest); Hideable(rest) {
			out = append(out, rest)
		}
	}
	if !strings.ContainsAny(value, "\r\n") {
		return out
	}
	for _, line := range lines(value) {
		line = strings.TrimSpace(line)
		if len(line) >= minLine && !strings.HasPrefix(line, "-----") && Hideable(line) {
			out = append(out, line)
		}
	}
	return out
}

func lines(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == '\r' || r == '\n' })
}

// joined returns a value of several lines as it stands where something else
// separates them: a terminal of a container ends them with a carriage return
// too, an unquoted $KEY of a shell joins them with spaces.
func joined(value string) []string {
	var out []string
	if ls := lines(value); len(ls) > 1 {
		for _, separator := range []string{"\n", "\r\n", " ", ""} {
			if whole := strings.Join(ls, separator); Hideable(whole) {
				out = append(out, whole)
			}
		}
	}
	return out
}
