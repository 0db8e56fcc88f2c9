package builtin

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

func kindOf(v any) string { return value.Kind(v) }

func addTextFilters(t *Table) {
	t.filter("linebreaksbr", onText(func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "<br>"), "\n", "<br>")
	}))
	t.filter("indent", textArgs(indent), "prefix")
	t.filter("striptags", onText(func(s string) string { return markup.ReplaceAllString(s, "") }))
	t.filter("spaceless", onText(func(s string) string { return betweenTags.ReplaceAllString(s, "><") }))
	t.filter("urlencode", onText(func(s string) string { return percent(s, "/-._~") }))
	t.filter("urlencode_strict", onText(func(s string) string { return percent(s, "") }))
	t.filter("escape", onText(EscapeHTML))
	t.filter("escape_xml", onText(escapeXML.Replace))
	t.filter("slugify", onText(slugify))
	t.filter("addslashes", onText(strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`).Replace))
	t.filter("safe", func(_ Host, v any, _ *Args) (any, error) { return v, nil })
	t.filter("as_str", func(h Host, v any, _ *Args) (any, error) {
		b, ok := value.AppendText(nil, v, h.MaxBytes())
		if !ok {
			return nil, tooBig(h.MaxBytes())
		}
		return string(b), nil
	})
	t.filter("json_encode", jsonEncode)
}

var (
	markup      = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)
	betweenTags = regexp.MustCompile(`>\s+<`)
	escapeXML   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")
	escapeHTML  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;", "/", "&#x2F;")
)

// EscapeHTML is the escaping of templates with an HTML name.
func EscapeHTML(s string) string { return escapeHTML.Replace(s) }

func jsonEncode(h Host, v any, a *Args) (any, error) {
	pretty, err := a.flag("pretty", false)
	if err != nil {
		return nil, err
	}
	b, ok := value.AppendJSON(nil, v, pretty, h.MaxBytes())
	if !ok {
		return nil, tooBig(h.MaxBytes())
	}
	return string(b), nil
}

func indent(h Host, s string, a *Args) (any, error) {
	prefix, err := a.text("prefix", "    ")
	if err != nil {
		return nil, err
	}
	first, err := a.flag("first", false)
	if err != nil {
		return nil, err
	}
	blank, err := a.flag("blank", false)
	if err != nil {
		return nil, err
	}
	if err := checkSize(h.MaxBytes(), 1+strings.Count(s, "\n"), len(prefix)+1); err != nil {
		return nil, err
	}
	var b strings.Builder
	rest, more := strings.TrimSuffix(s, "\n"), s != ""
	for i := 0; more; i++ {
		var line string
		line, rest, more = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if i > 0 {
			b.WriteByte('\n')
		}
		isBlank := strings.TrimSpace(line) == ""
		if (i > 0 || first) && (blank || !isBlank) {
			b.WriteString(prefix)
		}
		b.WriteString(line)
	}
	return b.String(), nil
}

// percent encodes all bytes but letters, digits and those of keep.
func percent(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// letters spells out what has no decomposition.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O",
	"đ", "d", "Đ", "D", "ð", "d", "Ð", "D", "þ", "th", "Þ", "Th", "ł", "l", "Ł", "L", "ı", "i", "€", "EUR", "£", "PS")

// slugify keeps ASCII letters and digits, in lower case, with single dashes
// between them.
func slugify(s string) string {
	var b strings.Builder
	dash := false
	for _, r := range norm.NFKD.String(letters.Replace(s)) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
			continue
		}
		dash = true
	}
	return b.String()
}
