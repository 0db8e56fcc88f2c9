package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// place is a folder with files, an environment and a home.
type place struct {
	t    *testing.T
	root string
	env  map[string]string
}

func newPlace(t *testing.T, files map[string]string) *place {
	t.Helper()
	p := &place{t: t, root: t.TempDir(), env: map[string]string{}}
	p.env["HOME"] = filepath.Join(p.root, "home")
	for name, text := range files {
		p.write(name, text)
	}
	return p
}

func (p *place) write(name, text string) {
	p.t.Helper()
	file := filepath.Join(p.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) source() Source {
	work := filepath.Join(p.root, "work")
	return Source{Dir: work, Root: work, Base: work, Env: func(name string) (string, bool) { v, ok := p.env[name]; return v, ok }}
}

// load fails on any complaint.
func (p *place) load() *Set {
	p.t.Helper()
	set, diags := Load(p.source())
	if len(diags) > 0 {
		p.t.Fatalf("complaints: %v", diags)
	}
	return set
}

func TestNearerLayersWinKeyByKey(t *testing.T) {
	p := newPlace(t, map[string]string{
		"home/.config/cleanroom/cleanroom.toml": "[cli]\njobs = 2\n[containers]\nmax_containers = 7\ndefault_image = \"user:1\"\n[keys]\nrun = \"x\"\nstop = \"s\"\n",
		"work/cleanroom.toml":                   "[cli]\njobs = 3\n[containers]\ndefault_image = \"project:1\"\n[keys]\nrun = [\"r\", \"ctrl+r\"]\n",
	})
	p.env["CLEANROOM_CONTAINERS_DEFAULT_IMAGE"] = "env:1"
	src := p.source()
	src.Options = []Option{{Key: DefaultTimeout, Name: "--timeout", Value: time.Second}}
	set, diags := Load(src)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, c := range []struct{ key, value, origin string }{
		{Jobs, "3", "cleanroom.toml:2:8"},
		{MaxContainers, "7", filepath.Join(p.root, "home/.config/cleanroom/cleanroom.toml") + ":4:18"},
		{DefaultImage, `"env:1"`, "environment CLEANROOM_CONTAINERS_DEFAULT_IMAGE"},
		{DefaultTimeout, `"1s"`, "--timeout"},
		{DebounceMS, "50", "built in"},
	} {
		if v := set.Value(c.key); v.String() != c.value || v.Origin.String() != c.origin {
			t.Errorf("%s = %s from %s, want %s from %s", c.key, v, v.Origin, c.value, c.origin)
		}
	}
	if len(set.Bindings) != 2 || set.Bindings[0].Name != "run" || !slices.Equal(set.Bindings[0].Values, []string{"r", "ctrl+r"}) || set.Bindings[1].Values[0] != "s" {
		t.Errorf("bindings %v", set.Bindings)
	}
}

func TestTheUsersFolderIsFoundByXDG(t *testing.T) {
	p := newPlace(t, map[string]string{
		"home/.config/cleanroom/cleanroom.toml": "[cli]\njobs = 2\n",
		"xdg/cleanroom/cleanroom.toml":          "[cli]\njobs = 5\n",
	})
	if n := p.load().Int(Jobs); n != 2 {
		t.Errorf("jobs %d", n)
	}
	p.env["XDG_CONFIG_HOME"] = filepath.Join(p.root, "xdg")
	if n := p.load().Int(Jobs); n != 5 {
		t.Errorf("jobs %d", n)
	}
	p.env["XDG_CONFIG_HOME"] = "relative" // the specification says to ignore it
	if n := p.load().Int(Jobs); n != 2 {
		t.Errorf("jobs %d", n)
	}
}

func TestTheNearestFileUpwardsIsTheProjects(t *testing.T) {
	p := newPlace(t, map[string]string{
		"cleanroom.toml":     "[cli]\njobs = 1\n",
		"work/a/clnrm.toml":  "[cli]\njobs = 2\n",
		"work/a/b/c/x.txt":   "",
		"elsewhere/own.toml": "[cli]\njobs = 9\n",
	})
	src := p.source()
	for dir, want := range map[string]int{"work": 1, "work/a": 2, "work/a/b/c": 2} {
		src.Dir = filepath.Join(p.root, dir)
		if set, diags := Load(src); len(diags) > 0 || set.Int(Jobs) != want {
			t.Errorf("%s: jobs %d, want %d; %v", dir, set.Int(Jobs), want, diags)
		}
	}
	src.Dir = filepath.Join(p.root, "work/a/b")
	set, _ := Load(src)
	for _, name := range []string{"work/a/b/cleanroom.toml", "work/a/cleanroom.toml", "work/a/clnrm.toml"} {
		if !set.DependsOn(filepath.Join(p.root, name)) {
			t.Errorf("%s is not waited for", name)
		}
	}
	src.Config = "../elsewhere/own.toml"
	if set, diags := Load(src); len(diags) > 0 || set.Int(Jobs) != 9 {
		t.Errorf("--config: %d %v", set.Int(Jobs), diags)
	}
	src.Config = "nowhere.toml"
	if _, diags := Load(src); len(diags) != 1 || diags[0].Code != "file-unreadable" || diags[0].Severity != diag.Error {
		t.Errorf("a file that was asked for and is not there: %v", diags)
	}
}

func TestTwoFilesSideBySideAreSaid(t *testing.T) {
	p := newPlace(t, map[string]string{"work/cleanroom.toml": "[cli]\njobs = 1\n", "work/clnrm.toml": "[cli]\njobs = 2\n"})
	set, diags := Load(p.source())
	if set.Int(Jobs) != 1 || len(diags) != 1 || diags[0].Severity != diag.Warning || diags[0].Pos.File != "clnrm.toml" {
		t.Errorf("%d %v", set.Int(Jobs), diags)
	}
}

func TestEveryFaultIsNamedWithItsPlace(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"misspelt key", "[cli]\njbos = 1\n", "2:1 error unknown-key did you mean `cli.jobs`?"},
		{"key of another section", "[containers]\njobs = 1\n", "2:1 error unknown-key did you mean `cli.jobs`?"},
		{"misspelt section", "[clli]\njobs = 1\n", "1:2 error unknown-table did you mean `cli`?"},
		{"top-level key", "jobs = 1\n", "1:1 error unknown-key did you mean `cli.jobs`?"},
		{"section as a value", "cli = 4\n", "1:7 error wrong-type write [cli] on a line of its own, its keys below"},
		{"key as a table", "[cli.jobs]\nn = 1\n", "1:6 error wrong-type"},
		{"wrong type", "[cli]\njobs = true\n", "2:8 error wrong-type"},
		{"number in quotes", "[cli]\njobs = \"4\"\n", "2:8 error wrong-type write it without quotes"},
		{"fraction", "[cli]\njobs = 1.5\n", "2:8 error wrong-type"},
		{"too small", "[cli]\njobs = 0\n", "2:8 error setting-value"},
		{"too large", "[observability]\nmetrics_port = 65536\n", "2:16 error setting-value"},
		{"not one of", "[dashboard]\nglyphs = \"asci\"\n", "2:10 error setting-value did you mean `ascii`?"},
		{"duration without unit", "[test_execution]\ndefault_timeout = 300\n", `2:19 error wrong-type say the unit: "300s"`},
		{"no duration", "[test_execution]\ndefault_timeout = \"soon\"\n", "2:19 error invalid-duration write a number and a unit: \"500ms\", \"30s\", \"5m\", \"1h\""},
		{"zero duration", "[containers]\nstartup_timeout = \"0s\"\n", "2:19 error setting-value"},
		{"endless duration", "[containers]\nstartup_timeout = \"999999h\"\n", "2:19 error setting-value"},
		{"list of numbers", "[secrets]\nnames = [1]\n", "2:9 error wrong-type"},
		{"empty element", "[secrets]\nnames = [\"\"]\n", "2:9 error setting-value"},
		{"binding of a number", "[keys]\nrun = 5\n", "2:7 error wrong-type"},
		{"list as a colour", "[theme.colors]\nerror = [\"red\"]\n", "2:9 error wrong-type"},
		{"no TOML", "[cli\njobs = 1\n", "1:5 error toml-syntax a name with blanks or special characters needs quotes"},
		{"twice", "[cli]\njobs = 1\njobs = 2\n", "3:1 error toml-duplicate-key keep one of the two"},
		{"no text", "[cli]\njobs = \xff\n", "2:8 error toml-encoding save the file as UTF-8"},
		{"a key and its second name", "[cli]\njobs = 1\n[executor]\nworker_count = 2\n", "4:1 error repeated-key keep one of the two"},
		{"no effect", "[containers]\nreuse_enabled = true\n", "2:1 warning setting-unused"},
		{"no effect, and none asked for", "[containers]\nreuse_enabled = false\n", ""},
		{"of the user's own", "x-a = 1\n[x-b]\nc = 1\n[cli]\nx-d = 1\n", ""},
		{"dotted names of actions", "[keys]\nrun.all = \"a\"\n", ""},
		{"an action without a key", "[keys]\nrun = []\n", ""},
		{"nothing at all", "", ""},
		{"a byte order mark", "\ufeff[cli]\njobs = 1\n", ""},
		{"an empty section", "[cli]\n[dashboard]\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, map[string]string{"work/cleanroom.toml": c.text})
			_, diags := Load(p.source())
			var got []string
			for _, d := range diags {
				got = append(got, strings.TrimSpace(strings.TrimPrefix(d.Pos.String(), "cleanroom.toml:")+" "+d.Severity.String()+" "+d.Code+" "+d.Hint))
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got  %q\nwant %q\n%v", got, c.want, diags)
			}
		})
	}
}

func TestEveryKeyIsSetByItsVariable(t *testing.T) {
	for _, k := range keys {
		text := map[Kind]string{Bool: "true", Int: "3", Float: "1.5", Text: "some", Duration: "3s", Millis: "30", Texts: "a, b"}[k.Kind]
		if k.Values != nil {
			text = k.Values[len(k.Values)-1]
		}
		p := newPlace(t, nil)
		p.env[k.Env] = text
		set, diags := Load(p.source())
		if errs, _ := diag.Count(diags); errs > 0 {
			t.Errorf("%s=%s: %v", k.Env, text, diags)
		}
		if v := set.Value(k.canonical()); v.Origin.Layer != Environment || v.Origin.Name != k.Env {
			t.Errorf("%s is not set by %s", k.Name, k.Env)
		}
	}
}

func TestAVariableThatCannotBeReadIsAnError(t *testing.T) {
	for name, value := range map[string]string{
		"CLEANROOM_CLI_JOBS": "many", "CLEANROOM_CLI_PARALLEL": "perhaps", "CLEANROOM_CONTAINERS_MAX_CONTAINERS": "0",
		"CLEANROOM_CLI_OUTPUT_FORMAT": "yaml", "CLEANROOM_TEST_EXECUTION_DEFAULT_TIMEOUT": "5", "CLEANROOM_SECRETS_NAMES": "a,,b",
		"CLEANROOM_SECURITY_LEVEL": "utmost", "CLEANROOM_WATCH_DEBOUNCE_MS": "1.5",
	} {
		p := newPlace(t, nil)
		p.env[name] = value
		_, diags := Load(p.source())
		if len(diags) != 1 || diags[0].Severity != diag.Error || diags[0].Code != "setting-environment" || !strings.Contains(diags[0].Message, name) {
			t.Errorf("%s=%s: %v", name, value, diags)
		}
		p.env[name] = "" // as good as unset
		p.load()
	}
}

func TestPasswordsOfAddressesAreNotShown(t *testing.T) {
	p := newPlace(t, map[string]string{"work/cleanroom.toml": "[observability]\ntraces_endpoint = \"http://me:geheim@host:4317\"\n"})
	set, _ := Load(p.source())
	if s := set.Value("observability.traces_endpoint").String(); strings.Contains(s, "geheim") {
		t.Error(s)
	}
}

func TestTheTableOfKeysIsSound(t *testing.T) {
	seen, envs := map[string]bool{}, map[string]string{}
	for _, k := range keys {
		if seen[k.Name] || envs[k.Env] != "" {
			t.Errorf("%s, or its variable %s, is there twice", k.Name, k.Env)
		}
		seen[k.Name], envs[k.Env] = true, k.Name
		if !strings.HasSuffix(k.Text, ".") {
			t.Errorf("the meaning of %s is no sentence", k.Name)
		}
		if k.Values != nil && k.Kind == Text && !slices.Contains(k.Values, k.Default.(string)) {
			t.Errorf("%s: the default is none of the values", k.Name)
		}
		if _, ok := find(k.Same); k.Same != "" && !ok {
			t.Errorf("%s is a second name of %s, which is none", k.Name, k.Same)
		}
		// The getter of the kind takes the default.
		set := &Set{values: map[string]Value{k.Name: {Key: k, Value: k.Default}}}
		switch k.Kind {
		case Bool:
			set.Bool(k.Name)
		case Int:
			set.Int(k.Name)
		case Text:
			set.Text(k.Name)
		case Duration, Millis:
			set.Duration(k.Name)
		case Texts:
			set.Texts(k.Name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("[cli]\njobs = 4\n[keys]\na.b = [\"x\"]\n")
	f.Add("[theme]\nname = 'x'\ncolors = { error = 'red' }\n[[cli]]\n")
	f.Add("[keys]\nx = [[1], {a = 'b'}]\n[watch.debounce_ms.x]\n")
	f.Fuzz(func(t *testing.T, text string) {
		l := &loader{set: &Set{values: map[string]Value{}}}
		for _, k := range keys {
			l.set.values[k.Name] = Value{Key: k, Value: k.Default}
		}
		l.file(Project, "cleanroom.toml", []byte(text))
		for _, v := range l.set.All() {
			_ = v.String()
		}
		for _, d := range l.diags {
			if d.Pos.File != "cleanroom.toml" || d.Code == "" {
				t.Errorf("a complaint without a place or a code: %v", d)
			}
		}
	})
}
