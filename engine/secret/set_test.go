package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// key is made up: it has the shape of a PEM key and is none.
var key = func() string {
	body := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("not a key, only as long as one; ", 12) + "the end"))
	var b strings.Builder
	b.WriteString("-----BEGIN PRIVATE KEY-----\n")
	for len(body) > 64 {
		b.WriteString(body[:64] + "\n")
		body = body[64:]
	}
	return b.String() + body + "\n-----END PRIVATE KEY-----\n"
}()

func TestValuesThatAreNotHidden(t *testing.T) {
	for _, value := range []string{
		"", " ", "\n\t", "abc", "äöü", " abc ", "8080", "54321", "true", "TRUE", "test", "Admin", " postgres\n",
		"****", "••••••", "xxxxxxxx", "${DB_PASSWORD}", "{{ vars.password }}", "\xff\xff",
	} {
		if Hideable(value) {
			t.Errorf("%q is hideable", value)
		}
		if text := "[" + value + "]"; NewSet(value).String(text) != text {
			t.Errorf("%q is hidden", value)
		}
	}
	for _, value := range []string{"abcd", "äöüß", "123456", "tests3", "$ecret", "hunter2", "test1", "\xff\xfe\xff\xfe"} {
		if !Hideable(value) || NewSet(value).String("["+value+"]") != "["+Mask+"]" {
			t.Errorf("%q is not hidden", value)
		}
	}
}

func TestOccurrences(t *testing.T) {
	tests := []struct {
		name     string
		values   []string
		in, want string
	}{
		{"nothing", []string{"hunter2"}, "hunter1 hunte r2", "hunter1 hunte r2"},
		{"empty text", []string{"hunter2"}, "", ""},
		{"whole text", []string{"hunter2"}, "hunter2", "*"},
		{"begin, middle, end", []string{"hunter2"}, "hunter2 a hunter2 b hunter2", "* a * b *"},
		{"touching get one mask", []string{"hunter2", "swordfish"}, "<hunter2swordfishhunter2>", "<*>"},
		{"overlapping get one mask", []string{"abcdef", "defghi"}, "<abcdefghi>", "<*>"},
		{"overlapping itself", []string{"abab"}, "<ababab>", "<*>"},
		{"one in the other", []string{"unter", "hunter22"}, "<hunter22><hunter2>", "<*><h*2>"},
		{"one begins the other", []string{"hunter", "hunter22"}, "<hunter22><hunter2>", "<*><*2>"},
		{"one ends the other", []string{"hunter", "thehunter"}, "<thehunter><ahunter>", "<*><a*>"},
		{"a long one fails at its end", []string{"aaaabaaaac", "baaa"}, "aaaabaaaab", "aaaa*ab"},
		{"restart within a failed one", []string{"aabaax"}, "aabaabaax", "aab*"},
		{"white space around the value", []string{"  hunter2\n"}, "<hunter2>", "<*>"},
		{"case matters", []string{"hunter2"}, "Hunter2", "Hunter2"},
		{"not ASCII", []string{"pässwörd"}, "→ pässwörd ←", "→ * ←"},
		{"broken UTF-8 in the text", []string{"hunter2"}, "\xff\xc3hunter2\xc3", "\xff\xc3*\xc3"},
		{"authorization scheme", []string{"Bearer abc.def.ghi"}, "Bearer abc.def.ghi, abc.def.ghi", "*, *"},
		{"four bytes", []string{"ab1c"}, "ab1 xab1cx", "ab1 x*x"},
		{"digits", []string{"123456"}, "0123456789", "0*789"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := strings.ReplaceAll(tt.want, "*", Mask)
			s := NewSet(tt.values...)
			if got := s.String(tt.in); got != want {
				t.Errorf("String: %q, want %q", got, want)
			}
			before := tt.in
			p := []byte(tt.in)
			if got := string(s.Bytes(p)); got != want || string(p) != before {
				t.Errorf("Bytes: %q of what is now %q, want %q", got, p, want)
			}
		})
	}
}

// The encodings come from the libraries that programs use, not from forms.
func TestEncodings(t *testing.T) {
	doc := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, value := range []string{
		"hunter2", "p@ss/w0rd!+1", `qu"o'te\d<&>`, "pässwörd 🔑", "a~b$c&d=e;f", "??>>~~?>?>", "key\twith\ntwo lines of it", key, "ab1c", "\x00\x7f\u2028secret",
	} {
		value = strings.TrimSpace(value)
		s := NewSet(value)
		b64 := func(prefix string) string { return base64.StdEncoding.EncodeToString([]byte(prefix + value)) }
		var xmlText strings.Builder
		if err := xml.EscapeText(&xmlText, []byte(value)); err != nil {
			t.Fatal(err)
		}
		for name, form := range map[string]string{
			"plain":             value,
			"base64":            b64(""),
			"base64 raw":        base64.RawStdEncoding.EncodeToString([]byte(value)),
			"base64 url":        base64.URLEncoding.EncodeToString([]byte(value)),
			"base64 raw url":    base64.RawURLEncoding.EncodeToString([]byte(value)),
			"base64 in query":   url.QueryEscape(base64.RawStdEncoding.EncodeToString([]byte(value))),
			"hex":               hex.EncodeToString([]byte(value)),
			"hex upper":         fmt.Sprintf("%X", value),
			"query":             url.QueryEscape(value),
			"path":              url.PathEscape(value),
			"user information":  strings.TrimPrefix(url.UserPassword("", value).String(), ":"),
			"JSON":              unquote(doc(value)),
			"JSON in JSON":      unquote(unquote(doc(doc(value)))[1:][:len(unquote(doc(doc(value))))-2]),
			"Go":                unquote(strconv.Quote(value)),
			"Go ASCII":          unquote(strconv.QuoteToASCII(value)),
			"html":              template.HTMLEscapeString(value),
			"html with dec":     strings.ReplaceAll(template.HTMLEscapeString(value), "+", "&#43;"),
			"carriage returns":  strings.ReplaceAll(value, "\n", "\r\n"),
			"newlines as space": strings.ReplaceAll(value, "\n", " "),
		} {
			if strings.HasPrefix(name, "JSON in") {
				form = strings.TrimSuffix(form, `\`) // of the closing \"
				form = strings.TrimPrefix(form, `"`)
			}
			if strings.ContainsRune(value, 0) && strings.HasPrefix(name, "html") {
				continue // HTML has no NUL: its writers put U+FFFD there
			}
			if got := s.String("<" + form + ">"); got != "<"+Mask+">" {
				t.Errorf("%.20q as %s: %.60q became %.80q", value, name, form, got)
			}
		}
		if got := s.String(xmlText.String()); !strings.Contains(value, "\x00") && got != Mask {
			t.Errorf("%.20q in XML: %.60q became %.80q", value, xmlText.String(), got)
		}
		for _, before := range []string{"", "u", "us", "use", "user:"} {
			for _, after := range []string{"", "@", "@h", "@host"} {
				whole := base64.StdEncoding.EncodeToString([]byte(before + value + after))
				got := s.String(whole)
				first, last, ok := strings.Cut(got, Mask)
				own := len(strings.TrimRight(whole, "=")) - (8*len(before+value)+5)/6 // characters of after alone
				// Only the character before the mask may carry bits of both sides.
				if !ok || len(first) > (8*len(before)+5)/6 || len(strings.TrimRight(last, "=")) > own {
					t.Errorf("%.20q between %q and %q: %.60q became %.80q", value, before, after, whole, got)
				}
				if len(before)%3 == 0 && after == "" && last != "" {
					t.Errorf("%.20q after %q leaves %q", value, before, last)
				}
			}
		}
	}
}

func TestLinesOfASecret(t *testing.T) {
	s := NewSet(key)
	lines := strings.Split(strings.TrimSpace(key), "\n")
	for i, line := range lines {
		want := Mask
		if strings.HasPrefix(line, "-----") {
			want = line
		}
		if got := s.String("log: " + line); got != "log: "+want {
			t.Errorf("line %d: %q", i, got)
		}
	}
	if got := s.String("a " + key + " b"); got != "a "+Mask+"\n b" {
		t.Errorf("the whole key: %q", got)
	}
	for _, width := range []int{64, 76} {
		encoded := base64.StdEncoding.EncodeToString([]byte(key))
		for from := 0; from < len(encoded)-width; from += width {
			if got := s.String(encoded[from : from+width]); got != Mask {
				t.Errorf("base64 wrapped at %d: %q", width, got)
			}
		}
	}
	for _, separator := range []string{"\n", "\r\n", " ", ""} {
		if got := NewSet("short\nMULTI\r\nlines").String("<short" + separator + "MULTI" + separator + "lines>"); got != "<"+Mask+">" {
			t.Errorf("joined by %q: %q", separator, got)
		}
	}
	for _, text := range []string{"short", "MULTI"} { // lines that are too short on their own
		if got := NewSet("short\nMULTI\nlines").String(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestALongValueIsHiddenPlain(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", maxEncoded/8)
	s := NewSet(long)
	if got := s.String("<" + long + ">"); got != "<"+Mask+">" {
		t.Errorf("got %d bytes", len(got))
	}
}

func TestEmptySetsHideNothing(t *testing.T) {
	var none *Set
	p := []byte("hunter2")
	if none.String("hunter2") != "hunter2" || string(none.Bytes(p)) != "hunter2" || none.Field("", "hunter2") != "hunter2" ||
		none.Field("password", "x") != "x" || none.WithNames(Names{}) != nil {
		t.Error("the nil set hides something")
	}
	if got := NewSet().String("hunter2"); got != "hunter2" {
		t.Errorf("the empty set hides %q", got)
	}
	if got := NewSet("hunter2").Bytes(p); string(got) != Mask || string(p) != "hunter2" {
		t.Errorf("Bytes changed its argument to %q, or returned %q", p, got)
	}
	p = []byte("nothing here")
	if got := NewSet("hunter2").Bytes(p); &got[0] != &p[0] {
		t.Error("Bytes copies where there is nothing to hide")
	}
}

func TestPrintingASetTellsNothing(t *testing.T) {
	s := NewSet("hunter2")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, s); got != "secret.Set" {
			t.Errorf("%s: %.80s", verb, got)
		}
	}
}

func TestASetIsSafeForConcurrentUse(t *testing.T) {
	s := NewSet("hunter2", key)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if got := s.String("x hunter2 y"); got != "x "+Mask+" y" {
					t.Error(got)
				}
				st := s.Stream()
				if got := string(st.Flush(st.Append(nil, []byte("hunter2")))); got != Mask {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
}

func TestNothingIsAllocatedWithoutASecret(t *testing.T) {
	s := NewSet("hunter2", "swordfish-9", key)
	line := "2026-01-01T00:00:00Z INFO request served in 12ms by hunter1, swordfish-8"
	bytes := []byte(line)
	st := s.Stream()
	buf := make([]byte, 0, 1024)
	for name, f := range map[string]func(){
		"String": func() { s.String(line) },
		"Bytes":  func() { s.Bytes(bytes) },
		"Stream": func() { buf = st.Append(buf[:0], bytes) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
