package diag

import (
	"bytes"
	"testing"
)

func TestApplyKeepsEveryOtherByte(t *testing.T) {
	rename := func(line, column int, old, with string) Edit {
		return Edit{Line: line, Column: column, Old: old, New: with}
	}
	cases := []struct {
		name, text, want string
		edits            []Edit
	}{
		{"one word", "a = 1\nimgae = 2 # imgae\n", "a = 1\nimage = 2 # imgae\n", []Edit{rename(2, 1, "imgae", "image")}},
		{"columns are characters", "日本 = x\n", "日本 = yy\n", []Edit{rename(1, 6, "x", "yy")}},
		{"a byte order mark is no column", "\ufeffab\nab", "\ufeffXb\nYb", []Edit{rename(1, 1, "a", "X"), rename(2, 1, "a", "Y")}},
		{"several on a line, in any order", "a; b; c", "a\nb\nc", []Edit{rename(1, 5, "; ", "\n"), rename(1, 2, "; ", "\n")}},
		{"line breaks as in the file", "a; b\r\nc\r\n", "a\r\nb\r\nc\r\n", []Edit{rename(1, 2, "; ", "\n")}},
		{"nothing but removed", "a;\n", "a\n", []Edit{rename(1, 2, ";", "")}},
		{"bytes that are no text stay", "a\xff\n\x00b", "a\xff\n\x00c", []Edit{rename(2, 2, "b", "c")}},
		{"at the very end", "ab", "aX", []Edit{rename(1, 2, "b", "X")}},
	}
	for _, c := range cases {
		got, err := (&Fix{Edits: c.edits}).Apply([]byte(c.text))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestApplyRefusesAnotherText(t *testing.T) {
	text := []byte("a = 1\nb = 2\n")
	for name, edits := range map[string][]Edit{
		"other word":       {{Line: 1, Column: 1, Old: "b", New: "c"}},
		"no such line":     {{Line: 9, Column: 1, Old: "b", New: "c"}},
		"line zero":        {{Line: 0, Column: 1, Old: "a", New: "c"}},
		"beyond the end":   {{Line: 2, Column: 99, Old: "b", New: "c"}},
		"overlap":          {{Line: 1, Column: 1, Old: "a =", New: "c"}, {Line: 1, Column: 3, Old: "=", New: "c"}},
		"second one wrong": {{Line: 1, Column: 1, Old: "a", New: "c"}, {Line: 2, Column: 1, Old: "a", New: "c"}},
	} {
		got, err := (&Fix{Title: name, Edits: edits}).Apply(text)
		if err == nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte("a; b\r\nc"), 1, 2, "; ", "\n")
	f.Add([]byte("\ufeffx\xff"), 1, 1, "x", "日")
	f.Fuzz(func(t *testing.T, text []byte, line, column int, old, with string) {
		column %= 1 << 16
		before := bytes.Clone(text)
		got, err := (&Fix{Edits: []Edit{{Line: line, Column: column, Old: old, New: with}}}).Apply(text)
		if !bytes.Equal(text, before) {
			t.Fatal("the text was changed in place")
		}
		if err != nil && !bytes.Equal(got, before) {
			t.Fatal("an error and a change")
		}
	})
}

func TestSole(t *testing.T) {
	cases := []struct {
		name       string
		candidates []string
		want       string
	}{
		{"imgae", []string{"image", "env"}, "image"},
		{"steps", []string{"steps"}, ""}, // it is the candidate
		{"must_preced", []string{"must_precede", "must_follow"}, "must_precede"},
		{"min_duration", []string{"min_duration_ms", "max_duration_ms"}, ""}, // too far
		{"min_duration", []string{"min_duration_ms"}, ""},                    // close, but three characters
		{"mix", []string{"min", "max"}, ""},                                  // two are as near
		{"xyz", []string{"xya", "xab"}, "xya"},
		{"al", []string{"all"}, ""}, // too short to be sure
		{"", []string{"all"}, ""},
	}
	for _, c := range cases {
		if got := Sole(c.name, c.candidates); got != c.want {
			t.Errorf("Sole(%q, %q) = %q, want %q", c.name, c.candidates, got, c.want)
		}
	}
}
