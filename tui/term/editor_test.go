package term

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestEditorsOpenAtThePosition(t *testing.T) {
	for _, c := range []struct {
		visual, editor string
		line, column   int
		want           string
		detached       bool
	}{
		{"", "vim", 12, 5, "vim|+call cursor(12,5)|f.toml", false},
		{"", "/usr/bin/nvim", 12, 0, "/usr/bin/nvim|+call cursor(12,1)|f.toml", false},
		{"", "nano", 3, 4, "nano|+3,4|f.toml", false},
		{"", "hx", 3, 4, "hx|f.toml:3:4", false},
		{"", "emacs -nw", 3, 4, "emacs|-nw|+3:4|f.toml", false},
		{"", "code --wait", 3, 4, "code|--wait|--goto|f.toml:3:4", true},
		{"", "kate", 3, 4, "kate|--line|3|--column|4|f.toml", true},
		{"", "gedit", 3, 4, "gedit|+3:4|f.toml", true},
		{"", "mate", 3, 4, "mate|--line|3:4|f.toml", true},
		{"", "neovide", 3, 4, "neovide|f.toml|--|+call cursor(3,4)", true},
		{"", "gvim", 3, 4, "gvim|+call cursor(3,4)|f.toml", true},
		{"", "zed", 3, 4, "zed|f.toml:3:4", true},
		{"", "mcedit", 3, 4, "mcedit|f.toml:3", false},
		{"", "micro", 3, 4, "micro|f.toml:3:4", false},
		{"", "subl", 3, 4, "subl|f.toml:3:4", true},
		{"", "goland", 3, 4, "goland|--line|3|--column|4|f.toml", true},
		{"", "someeditor", 3, 4, "someeditor|+3|f.toml", false},
		{"", "ed", 3, 4, "ed|f.toml", false},
		{"kak", "vim", 0, 0, "kak|+1:1|f.toml", false},
	} {
		env := map[string]string{"VISUAL": c.visual, "EDITOR": c.editor}
		e, err := FindEditor(func(k string) string { return env[k] }, "", "f.toml", c.line, c.column)
		if err != nil {
			t.Errorf("%s%s: %v", c.visual, c.editor, err)
			continue
		}
		if got := strings.Join(e.Args, "|"); got != c.want || e.Detached != c.detached {
			t.Errorf("%s%s: %q detached %v, want %q %v", c.visual, c.editor, got, e.Detached, c.want, c.detached)
		}
	}
}

func TestNoEditorIsAnError(t *testing.T) {
	_, err := FindEditor(func(string) string { return " " }, "", "f", 1, 1)
	if !errors.Is(err, ErrNoEditor) {
		t.Errorf("err = %v", err)
	}
}

func TestAnInstalledEditorStandsInForNone(t *testing.T) {
	for _, c := range []struct{ installed, want string }{
		{"nano vi", "nano|+3,4|f"},
		{"vi nvim", "nvim|+call cursor(3,4)|f"},
		{"vi", "vi|+call cursor(3,4)|f"},
		{"emacs", ""},
	} {
		standIn := StandIn(func(name string) (string, error) {
			if slices.Contains(strings.Fields(c.installed), name) {
				return "/usr/bin/" + name, nil
			}
			return "", errors.New("not found")
		})
		ed, _ := FindEditor(func(string) string { return "" }, standIn, "f", 3, 4)
		if got := strings.Join(ed.Args, "|"); got != c.want {
			t.Errorf("with %s: %q, want %q", c.installed, got, c.want)
		}
		set := func(name string) string { return map[string]string{"EDITOR": "ed"}[name] }
		if ed, err := FindEditor(set, standIn, "f", 3, 4); err != nil || ed.Args[0] != "ed" {
			t.Errorf("$EDITOR is ed, and %v is opened, %v", ed.Args, err)
		}
	}
}
