package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// give makes files somebody else's, which takes root.
func give(t *testing.T, uid int, files ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can give files away: run the tests as root")
		}
		t.Skip("only root can give files away")
	}
	var err error
	for _, f := range files {
		err = errors.Join(err, os.Lchown(f, uid, -1))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettingsOfSomebodyElseAboveTheTestsAreRefused(t *testing.T) {
	const theirs = 54321
	refused := func(p *place) string {
		t.Helper()
		set, diags := Load(p.source())
		if len(diags) == 0 {
			return ""
		}
		if set.Int(Jobs) == 7 {
			t.Error("they are refused, and in force")
		}
		if diags[0].Code != "setting-owner" {
			t.Errorf("%v", diags)
		}
		return diags[0].Message
	}
	p := newPlace(t, map[string]string{"cleanroom.toml": "[cli]\njobs = 7\n", "work/a": ""})
	file, work := filepath.Join(p.root, "cleanroom.toml"), filepath.Join(p.root, "work")
	if m := refused(p); m != "" {
		t.Errorf("one's own: %s", m)
	}
	give(t, theirs, file)
	if m := refused(p); !strings.Contains(m, "user 54321") {
		t.Errorf("somebody else's: %q", m)
	}
	give(t, theirs, work) // as where root executes the tests of a user, in a container of a CI
	if m := refused(p); m != "" {
		t.Errorf("those of the owner of the tests: %s", m)
	}
	give(t, 0, work, file)
	if err := errors.Join(os.Rename(file, filepath.Join(p.root, "real")), os.Symlink("real", file)); err != nil {
		t.Fatal(err)
	}
	if m := refused(p); m != "" {
		t.Errorf("one's own link: %s", m)
	}
	give(t, theirs, file)
	if m := refused(p); m == "" {
		t.Error("a link of somebody else's was followed")
	}
	src := p.source()
	src.Config = file
	if set, diags := Load(src); len(diags) > 0 || set.Int(Jobs) != 7 {
		t.Errorf("named by the user: %v", diags)
	}
}
