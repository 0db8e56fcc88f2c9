package engine

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
	"github.com/seanchatmangpt/clnrm-tui/watch"
)

const plainTest = "[meta]\nname = \"a\"\nversion = \"1\"\n[service.app]\nimage = \"x:1\"\n[[scenario]]\nname = \"one\"\nservice = \"app\"\nrun = \"true\"\n[[expect.span]]\nname = \"clnrm.run\"\n"

// opened makes an engine over files; nothing watches.
func opened(t *testing.T, files map[string]string, o Options) (*Engine, error) {
	t.Helper()
	h := &harness{t: t, dir: t.TempDir()}
	for name, text := range files {
		h.write(name, text)
	}
	o.Dir = h.dir
	if o.Env == nil {
		o.Env = func(string) (string, bool) { return "", false }
	}
	e, err := New(o)
	if err == nil {
		t.Cleanup(func() {
			if err := e.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	return e, err
}

// Trap 32: a broken cleanroom.toml was ignored without a word,
// and a test ran with the wrong image.
func TestTrap32BrokenSettingsAreAnError(t *testing.T) {
	for name, text := range map[string]string{
		"no TOML":        "[containers\ndefault_image = \"ubuntu:22.04\"\n",
		"misspelt key":   "[containers]\ndefault_imgae = \"ubuntu:22.04\"\n",
		"wrong type":     "[containers]\ndefault_image = 22\n",
		"beside a fault": "[containers]\ndefault_image = \"ubuntu:22.04\"\n[cli]\njobs = 0\n",
	} {
		e, err := opened(t, map[string]string{"cleanroom.toml": text}, Options{})
		var se *SettingsError
		if !errors.As(err, &se) || e != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := se.Diagnostics[0]
		if d.Severity != diag.Error || d.Pos.File != "cleanroom.toml" || d.Pos.Line == 0 || d.Pos.Column == 0 {
			t.Errorf("%s: no place: %v", name, d)
		}
		if _, ok := Explain(d.Code); !ok {
			t.Errorf("%s: %s is not explained", name, d.Code)
		}
	}
}

func TestOptionsStandAboveSettings(t *testing.T) {
	files := map[string]string{"cleanroom.toml": "[cli]\nparallel = false\njobs = 7\n[containers]\nmax_containers = 3\n"}
	e, err := opened(t, files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := jobs(e.set.Load()); n != 1 {
		t.Errorf("parallel = false: %d jobs", n)
	}
	if n := e.set.Load().Int(settings.MaxContainers); n != 3 {
		t.Errorf("%d containers", n)
	}
	e, err = opened(t, files, Options{Jobs: 5, Timeout: time.Second, Secrets: []string{"A"}})
	if err != nil {
		t.Fatal(err)
	}
	set := e.set.Load()
	if jobs(set) != 5 || set.Duration(settings.DefaultTimeout) != time.Second || set.Texts(settings.SecretNames)[0] != "A" {
		t.Errorf("%d jobs, %s, %v", jobs(set), set.Duration(settings.DefaultTimeout), set.Texts(settings.SecretNames))
	}
}

func TestChangedSettingsAreTakenOver(t *testing.T) {
	h := watching(t, emits(""), map[string]string{"a.clnrm.toml": plainTest, "cleanroom.toml": "[cli]\njobs = 2\n"})
	first := h.Snapshot().Settings
	h.write("cleanroom.toml", "[cli]\njobs = 3\n[keys]\nrun = \"x\"\n[test_execution]\ndefault_timeout = \"7s\"\n[secrets]\nnames = [\"CARD_*\"]\n")
	s := h.until("the new settings", func(s *Snapshot) bool { return s.Settings != first })
	if len(s.Settings.Keys) != 1 || s.Settings.Keys[0].Name != "run" || h.Settings() != s.Settings {
		t.Errorf("%+v", s.Settings)
	}
	h.until("what waits for the next start", noticed("cli.jobs, secrets.names: takes effect at the next start"))
	if d := h.set.Load().Duration(settings.DefaultTimeout); d != 7*time.Second {
		t.Errorf("time of scenarios: %s", d)
	}
}

func TestTheSocketLiesBesideTheFileThatNamesIt(t *testing.T) {
	h := watching(t, emits(""), map[string]string{"a.clnrm.toml": plainTest, "cleanroom.toml": "[dashboard]\nsocket = \".clnrm/socket\"\n"})
	if got, want := h.Settings().Socket, filepath.Join(h.dir, ".clnrm", "socket"); got != want {
		t.Errorf("the socket is %q, want %q", got, want)
	}
	h.write("cleanroom.toml", "")
	h.until("what waits for the next start", noticed("dashboard.socket: takes effect at the next start"))
}

func TestBadSettingsLeaveTheOldOnesInPlace(t *testing.T) {
	h := watching(t, emits(""), map[string]string{"a.clnrm.toml": plainTest, "cleanroom.toml": "[dashboard]\neditor = \"ed\"\n"})
	h.write("cleanroom.toml", "[dashboard]\neditor = \"vi\"\nmosue = true\n")
	h.until("the complaint", noticed("cleanroom.toml:3:1: [dashboard] has no key `mosue`"))
	if s := h.Settings(); s.Editor != "ed" {
		t.Errorf("the editor is %q", s.Editor)
	}
	h.write("cleanroom.toml", "[dashboard]\neditor = \"vi\"\nmouse = false\n")
	s := h.until("the mended settings", func(s *Snapshot) bool { return s.Settings.Editor == "vi" })
	if s.Settings.Mouse {
		t.Error("the mouse is on")
	}
}

func TestASettingsFileThatAppearsIsTakenOver(t *testing.T) {
	h := watching(t, emits(""), map[string]string{"go.mod": "module x\n", "a.clnrm.toml": plainTest})
	h.write("clnrm.toml", "[dashboard]\neditor = \"vi\"\n")
	h.until("the settings", func(s *Snapshot) bool { return s.Settings.Editor == "vi" })
}

func TestTheSurfaceJudgesItsSections(t *testing.T) {
	refuse := func(s *Settings) (ds []diag.Diagnostic) {
		for _, k := range s.Keys {
			ds = append(ds, k.Complaint("unknown-key", "", "there is no action %s", k.Name))
		}
		if s.Theme.Text() != "" {
			ds = append(ds, s.Theme.Complaint("setting-value", "", "there is no theme %s", s.Theme.Text()))
		}
		return ds
	}
	for text, want := range map[string]string{
		"[keys]\nfly = \"f\"\n":     "cleanroom.toml:2:1: there is no action fly",
		"[theme]\nname = \"mauve\"": "cleanroom.toml:2:8: there is no theme mauve",
	} {
		if _, err := opened(t, map[string]string{"cleanroom.toml": text}, Options{CheckSettings: refuse}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	env := func(name string) (string, bool) { return "mauve", name == "CLEANROOM_THEME_NAME" }
	if _, err := opened(t, nil, Options{CheckSettings: refuse, Env: env}); err == nil || err.Error() != "there is no theme mauve (environment CLEANROOM_THEME_NAME)" {
		t.Error(err)
	}
}

func TestSettingsWithoutEffectAreSaid(t *testing.T) {
	e, err := opened(t, map[string]string{"cleanroom.toml": "[containers]\nreuse_enabled = true\n"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ws := e.SettingsWarnings(); len(ws) != 1 || !noticed("`containers.reuse_enabled` has no effect")(e.Snapshot()) {
		t.Errorf("%v; %v", ws, e.Snapshot().Notices)
	}
}

// noticed accepts a snapshot with a notice that holds text.
func noticed(text string) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		for _, n := range s.Notices {
			if strings.Contains(n.Text, text) {
				return true
			}
		}
		return false
	}
}

func TestStepsWithoutAServiceRunInTheDefaultImageThatIsSet(t *testing.T) {
	test := "[meta]\nname = \"a\"\nversion = \"1\"\n[[scenario]]\nname = \"one\"\nrun = \"true\"\n[[expect.span]]\nname = \"clnrm.run\"\n"
	h := watching(t, emits(""), map[string]string{"a.clnrm.toml": test, "cleanroom.toml": "[containers]\ndefault_image = \"ubuntu:22.04\"\n"})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	s := h.scenario("the verdict", "a.clnrm.toml", "one", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	if image := s.Last().Result.Evidence.Containers[0].Image; image != "ubuntu:22.04" {
		t.Errorf("ran in %s", image)
	}
	h.write("cleanroom.toml", "[containers]\ndefault_image = \"debian:12\"\n")
	s = h.scenario("the stale verdict", "a.clnrm.toml", "one", func(s *Scenario) bool { return s.Stale })
	if s.Last().StaleReason != "the default image is another one than that of the run" {
		t.Errorf("stale because %s", s.Last().StaleReason)
	}
	h.write("cleanroom.toml", "[containers]\ndefault_image = \"ubuntu:22.04\"\n")
	h.scenario("the verdict again", "a.clnrm.toml", "one", func(s *Scenario) bool { return s.Verdict == VerdictPass && !s.Stale })
}

// A file that is changed and changed back while its first change is on its way is
// told of once: what was told must count, not what was on the disk in between.
func TestSettingsAreWhatTheWatcherTells(t *testing.T) {
	first, second := "[containers]\ndefault_image = \"a:1\"\n", "[containers]\ndefault_image = \"b:1\"\n"
	e, err := opened(t, map[string]string{"cleanroom.toml": second}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(e.Root(), "cleanroom.toml")
	image := func() string { return e.set.Load().Text(settings.DefaultImage) }
	e.handle(t.Context(), watch.Batch{Changes: []watch.Change{{Path: file, Kind: watch.Modified, Data: []byte(first)}}})
	if got := image(); got != "a:1" {
		t.Errorf("told of a:1, the image is %s", got)
	}
	e.handle(t.Context(), watch.Batch{Changes: []watch.Change{{Path: file, Kind: watch.Removed}}})
	if got := image(); got != "b:1" {
		t.Errorf("told that the file is gone, which is there again by now, the image is %s", got)
	}
}

func TestWhatRunDoesIsSet(t *testing.T) {
	e, err := opened(t, map[string]string{
		"cleanroom.toml": "[cli]\nfail_fast = true\noutput_format = \"junit\"\n[test_execution]\nretry_on_failure = true\n[reporting]\ngenerate_junit = true\nreport_dir = \"out/ci\"\n",
	}, Options{Paths: nil})
	if err != nil {
		t.Fatal(err)
	}
	want := RunSettings{Format: "junit", FailFast: true, Retries: 3, JUnit: filepath.Join(e.Root(), "out/ci/junit.xml")}
	if got := e.Settings().Run; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	e, err = opened(t, map[string]string{"cleanroom.toml": "[test_execution]\nretry_count = 9\n"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Settings().Run, (RunSettings{Format: "human"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
