package diag

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestFormat(t *testing.T) {
	long := strings.Repeat("x", 200) + " = oops " + strings.Repeat("y", 200)
	cases := []struct {
		name string
		d    Diagnostic
		o    FormatOptions
	}{
		{"plain", Diagnostic{Severity: Error, Code: "unknown-service", Message: `scenario "a" uses service "dp", which is not defined`,
			Pos: Position{"a.clnrm.toml", 12, 11}, Width: 4, Line: `service = "dp"`, Hint: "did you mean `db`?"}, FormatOptions{}},
		{"color", Diagnostic{Severity: Warning, Code: "unknown-key", Message: "unknown key", Pos: Position{"a.toml", 3, 1}, Width: 3, Line: "abc = 1"}, FormatOptions{Color: true}},
		{"whole file", Diagnostic{Severity: Error, Code: "missing-header", Message: "no header", Pos: Position{File: "a.toml"}, Hint: "add [meta]"}, FormatOptions{}},
		{"no file", Diagnostic{Severity: Info, Code: "x-y", Message: "no file"}, FormatOptions{}},
		{"line without column", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 7, 0}, Line: "abc"}, FormatOptions{}},
		{"via", Diagnostic{Severity: Error, Code: "wrong-type", Message: "m", Pos: Position{"_macros.tera", 3, 9}, Width: 2, Line: "image = {{ image }}",
			Via: []Frame{{"in macro m::service", Position{"a.tera", 8, 4}}, {"included", Position{"b.tera", 1, 1}}}}, FormatOptions{}},
		{"tabs", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 10, 6}, Width: 3, Line: "\ta\t= foo"}, FormatOptions{}},
		{"wide characters", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 10, 8}, Width: 2, Line: `名前 = "日本語"`}, FormatOptions{}},
		{"combining", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 10, 4}, Width: 1, Line: "e\u0301 = x"}, FormatOptions{}},
		{"beyond the end", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 1, 99}, Line: "abc"}, FormatOptions{}},
		{"long line", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 1, 204}, Width: 4, Line: long}, FormatOptions{Width: 60}},
		{"long line at its start", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 1, 1}, Width: 4, Line: long}, FormatOptions{Width: 60}},
		{"long line at its end", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 1, 408}, Line: long}, FormatOptions{Width: 60}},
		{"underline longer than the window", Diagnostic{Severity: Error, Code: "x-y", Message: "m", Pos: Position{"a.toml", 1, 3}, Width: 400, Line: long}, FormatOptions{Width: 60}},
		{"fix", Diagnostic{Severity: Error, Code: "unknown-key", Message: "m", Pos: Position{"a.toml", 3, 1}, Width: 5, Line: "imgae = 1", Hint: "did you mean `image`?", Fix: &Fix{Title: "rename `imgae` to `image`"}}, FormatOptions{}},
		{"hostile text", Diagnostic{Severity: Error, Code: "x-y", Message: "m\x1b[2J\a", Hint: "h\u202e", Pos: Position{"a\x1b]0;pwn\a.toml", 1, 3}, Width: 2, Line: "a\x1b[31m\x00\xff\x7f\u0085b",
			Via: []Frame{{"in macro \x1b[1m", Position{"b.tera", 1, 1}}}}, FormatOptions{}},
	}
	var out bytes.Buffer
	for _, c := range cases {
		out.WriteString("## " + c.name + "\n")
		if err := Format(&out, c.d, c.o); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	golden := filepath.Join("testdata", "format.golden")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got:\n%s\nwant:\n%s", out.Bytes(), want)
	}
}

func TestFormatReportsTheErrorOfItsWriter(t *testing.T) {
	broken := errors.New("pipe closed")
	err := Format(writerFunc(func([]byte) (int, error) { return 0, broken }), Diagnostic{Message: "m"}, FormatOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func FuzzFormat(f *testing.F) {
	f.Add("message", "line\twith 日本", 3, 4, 40)
	f.Add("\x1b[2J", "\x00\xff\u202e", 1, 0, 1)
	f.Fuzz(func(t *testing.T, message, line string, column, length, width int) {
		var b bytes.Buffer
		d := Diagnostic{Severity: Error, Code: "c", Message: message, Hint: line, Pos: Position{message, 1, column}, Width: length, Line: line}
		if err := Format(&b, d, FormatOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(b.Bytes()) {
			t.Errorf("invalid UTF-8: %q", b.String())
		}
		for _, r := range strings.ReplaceAll(b.String(), "\n", "") {
			if r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) {
				t.Fatalf("control character %U in %q", r, b.String())
			}
		}
	})
}

func BenchmarkFormat(b *testing.B) {
	d := Diagnostic{Severity: Error, Code: "unknown-service", Message: "m", Pos: Position{"a.toml", 12, 11}, Width: 4, Line: `service = "dp"`, Hint: "h"}
	for b.Loop() {
		if err := Format(&bytes.Buffer{}, d, FormatOptions{Color: true}); err != nil {
			b.Fatal(err)
		}
	}
}
