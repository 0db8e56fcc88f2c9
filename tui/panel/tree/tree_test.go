package tree

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func TestCommonFolderIsOneThatAllAreIn(t *testing.T) {
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{nil, ""},
		{[]string{"a.clnrm.tera"}, ""},
		{[]string{"tests/a.clnrm.tera"}, "tests/"},
		{[]string{"tests/a/x", "tests/a/y", "tests/ab/x"}, "tests/"},
		{[]string{"tests/order", "tests/orders/x"}, "tests/"},
		{[]string{"a/x", "b/x"}, ""},
	} {
		var list []*engine.Template
		for _, p := range c.paths {
			list = append(list, &engine.Template{Path: p})
		}
		if got := commonFolder(list); got != c.want {
			t.Errorf("%q: %q, want %q", c.paths, got, c.want)
		}
	}
}
