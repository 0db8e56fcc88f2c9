package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// forms returns every text that gives one of the values away: its parts and
// their encodings, each once. All are at least minRunes bytes long.
func forms(values []string) []string {
	var out []string
	seen := map[string]bool{}
	emit := func(form string) {
		if len(form) >= minRunes && !seen[form] {
			seen[form] = true
			out = append(out, form)
		}
	}
	for _, value := range values {
		for _, part := range parts(value) {
			emit(part)
			if len(part) > maxEncoded {
				continue
			}
			inBase64(part, emit)
			emit(hex.EncodeToString([]byte(part)))
			emit(strings.ToUpper(hex.EncodeToString([]byte(part))))
			inURL(part, emit)
			quoted(part, emit)
			inMarkup(part, emit)
		}
		if value = strings.TrimSpace(value); Hideable(value) {
			for _, whole := range joined(value) {
				emit(whole)
			}
		}
	}
	return out
}

const (
	stdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// inBase64 emits what of a text's base64 form is the same wherever the text
// stands: for each of the three places at which it can begin within a group of
// three bytes, the characters that depend on it alone, then with each character
// that its last bits can share with the bytes that follow, or with padding.
func inBase64(text string, emit func(string)) {
	for _, alphabet := range []string{stdAlphabet, urlAlphabet} {
		encoding := base64.NewEncoding(alphabet).WithPadding(base64.NoPadding)
		for before := range 3 {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + text))
			bits := 8 * (before + len(text))
			core := encoded[(8*before+5)/6 : bits/6]
			escaped(core, emit)
			if free := 6 - bits%6; free < 6 { // bits of the last character that are not the text's
				last := strings.IndexByte(alphabet, encoded[bits/6])
				for shared := range 1 << free {
					escaped(core+alphabet[last+shared:last+shared+1], emit)
				}
				emit(core + alphabet[last:last+1] + strings.Repeat("=", free/2))
			}
		}
	}
	// The widths at which MIME, base64(1) and PEM wrap their lines.
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	for _, width := range []int{64, 76} {
		for from := 0; from < len(encoded) && len(encoded) > width; from += width {
			if line := encoded[from:min(from+width, len(encoded))]; len(line) >= minLine {
				emit(line)
			}
		}
	}
}

// escaped emits base64 text also as it stands in a query and in JSON with
// escaped slashes.
func escaped(encoded string, emit func(string)) {
	emit(encoded)
	if strings.ContainsAny(encoded, "+/") {
		emit(strings.NewReplacer("+", "%2B", "/", "%2F").Replace(encoded))
		emit(strings.NewReplacer("+", "%2b", "/", "%2f").Replace(encoded))
		emit(strings.ReplaceAll(encoded, "/", `\/`))
	}
}

// unescaped are the characters that, besides letters, digits and "-_.", the
// usual functions leave alone when they percent-encode: RFC 3986, Go's
// QueryEscape, PathEscape and user information, JavaScript's encodeURIComponent
// and encodeURI, Python's quote.
var unescaped = []string{"", "~", "~/", "~$&+=:@", "~$&+,;=", "~!*'()", "~!*'();/?:@&=+$,#"}

func inURL(text string, emit func(string)) {
	for _, keep := range unescaped {
		for _, format := range []string{"%%%02X", "%%%02x"} {
			var b strings.Builder
			for i := range len(text) {
				switch c := text[i]; {
				case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_."+keep, c) >= 0:
					b.WriteByte(c)
				default:
					fmt.Fprintf(&b, format, c)
				}
			}
			emit(b.String())
			emit(strings.ReplaceAll(b.String(), "%20", "+"))
		}
	}
}

// quoted emits the text as it stands between quotes in JSON (and TOML, whose
// escapes are the same), in JSON within JSON, in Go syntax and in a shell.
func quoted(text string, emit func(string)) {
	for _, escapeHTML := range []bool{true, false} {
		inner := inJSON(text, escapeHTML)
		emit(inner)
		emit(asciiJSON(inner))
		emit(strings.ReplaceAll(inner, "/", `\/`))
		emit(inJSON(inner, escapeHTML))
	}
	emit(unquote(strconv.Quote(text)))
	emit(unquote(strconv.QuoteToASCII(text)))
	emit(strings.ReplaceAll(text, "'", `'\''`))
	emit(strings.ReplaceAll(text, "'", `'"'"'`))
}

func unquote(s string) string { return s[1 : len(s)-1] }

func inJSON(text string, escapeHTML bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	if err := e.Encode(text); err != nil {
		return text // a buffer and a string give no reason to fail
	}
	return unquote(strings.TrimSuffix(b.String(), "\n"))
}

// asciiJSON writes what is not ASCII as escapes, as Python's json does.
func asciiJSON(inner string) string {
	var b strings.Builder
	for _, r := range inner {
		switch hi, lo := utf16.EncodeRune(r); {
		case r < 0x80:
			b.WriteRune(r)
		case r >= 0x10000:
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// inMarkup emits the text as HTML and XML writers escape it.
func inMarkup(text string, emit func(string)) {
	escaped := html.EscapeString(text)
	for _, doubleQuote := range []string{"&#34;", "&quot;"} {
		for _, quote := range []string{"&#39;", "&apos;", "&#x27;", "'"} {
			emit(strings.NewReplacer("&#34;", doubleQuote, "&#39;", quote).Replace(escaped))
		}
	}
	emit(strings.ReplaceAll(escaped, "+", "&#43;"))                                         // html/template
	emit(strings.NewReplacer("\n", "&#xA;", "\r", "&#xD;", "\t", "&#x9;").Replace(escaped)) // encoding/xml
}
