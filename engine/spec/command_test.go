package spec

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSplitCommand(t *testing.T) {
	shell := func(line string) []string { return []string{"sh", "-c", line} }
	cases := []struct {
		line string
		want []string
	}{
		{"echo hi", []string{"echo", "hi"}},
		{"  echo \t hi  ", []string{"echo", "hi"}},
		{"\necho hi\n", []string{"echo", "hi"}}, // the line breaks of a """ string
		{`echo 'a b' "c d" e\ f`, []string{"echo", "a b", "c d", "e f"}},
		{`echo ''`, []string{"echo", ""}},
		{`echo "" x`, []string{"echo", "", "x"}},
		{`echo a"b"'c'`, []string{"echo", "abc"}},
		{`echo "say \"hi\""`, []string{"echo", `say "hi"`}},
		{`echo 'it is \n'`, []string{"echo", `it is \n`}},
		{`bash -lc 'a && b | c; $X'`, []string{"bash", "-lc", "a && b | c; $X"}},
		{`grep 'x|y' file`, []string{"grep", "x|y", "file"}},
		{`echo \$HOME`, []string{"echo", "$HOME"}},
		{`emit --name=a=b`, []string{"emit", "--name=a=b"}},
		{`é "日 本"`, []string{"é", "日 本"}},
		{"a && b", shell("a && b")},
		{"a || b", shell("a || b")},
		{"a; b", shell("a; b")},
		{"a | b", shell("a | b")},
		{"a > f", shell("a > f")},
		{"a < f", shell("a < f")},
		{"a &", shell("a &")},
		{"(a)", shell("(a)")},
		{"echo $HOME", shell("echo $HOME")},
		{`echo "$HOME"`, shell(`echo "$HOME"`)},
		{"echo `date`", shell("echo `date`")},
		{"a\nb", shell("a\nb")},
		{"A=1 env", shell("A=1 env")},
		{"\n  set -e\n  a\n", shell("set -e\n  a")},
	}
	for _, c := range cases {
		got, err := splitCommand(c.line)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, %v; want %q", c.line, got, err, c.want)
		}
	}
	for line, want := range map[string]error{
		"": errEmptyCommand, " \n\t": errEmptyCommand,
		"echo 'a": errSingleQuote, `echo "a`: errDoubleQuote, `a && echo "b`: errDoubleQuote,
	} {
		if _, err := splitCommand(line); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", line, err, want)
		}
	}
}

func TestTrap17ShellSyntaxIsForTheShell(t *testing.T) {
	for _, line := range []string{"echo a && false", "echo a || b", "echo a | cat", "echo a; false", "echo a > /tmp/x", "echo $HOME", "echo `id`", "(false)", "echo a\nfalse", "echo a &"} {
		argv, err := splitCommand(line)
		if err != nil || !reflect.DeepEqual(argv, []string{"sh", "-c", line}) {
			t.Errorf("%q: %q, %v", line, argv, err)
		}
	}
}

func FuzzSplitCommand(f *testing.F) {
	f.Add(`echo 'a b' "c" d\ e && f`)
	f.Fuzz(func(t *testing.T, line string) {
		argv, err := splitCommand(line)
		if (err == nil) != (len(argv) > 0) {
			t.Fatalf("%q: %q, %v", line, argv, err)
		}
		if err != nil || argv[0] == "sh" {
			return
		}
		// Quoting every word again gives the same words.
		quoted := make([]string, len(argv))
		for i, w := range argv {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		again, err := splitCommand(strings.Join(quoted, " "))
		if err != nil || !reflect.DeepEqual(again, argv) {
			t.Errorf("%q gives %q, and quoted %q, %v", line, argv, again, err)
		}
	})
}

func TestParseDuration(t *testing.T) {
	good := map[string]time.Duration{
		"0s": 0, "30s": 30 * time.Second, "5 minutes": 5 * time.Minute, "250ms": 250 * time.Millisecond,
		"1d": 24 * time.Hour, "2 hrs": 2 * time.Hour, "1m30s": 90 * time.Second, "1.5s": 1500 * time.Millisecond,
		"10 Secs": 10 * time.Second, "3min": 3 * time.Minute,
	}
	for text, want := range good {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ", "30", "s", "-1s", "1y", "ten s", "99999999999999999999s", "9223372036854775807d", "1s 2", "１s"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is accepted as %v", text, got)
		}
	}
}

// FuzzParseDuration holds that no duration is negative, and that one written in
// Go's own form is read as the same.
func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"30s", "5 minutes", "1d", "1m30s", "9223372036854775807ms", "1h-1m", "0.5s", "٣s", "1µs"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseDuration(text)
		if err != nil {
			return
		}
		if again, err := ParseDuration(got.String()); got < 0 || err != nil || again != got {
			t.Fatalf("%q is %v, which is read as %v, %v", text, got, again, err)
		}
	})
}
