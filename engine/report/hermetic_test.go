package report

import (
	"strings"
	"testing"
)

// Why a run was not hermetic is said as it was: a container that could change the
// machine did not share it, and what never started was nothing at all.
func TestARunSaysWhyItWasNotHermetic(t *testing.T) {
	sealed := &Evidence{Backend: "docker", Hermetic: true, Network: "none"}
	mounted := &Evidence{Backend: "docker", Network: "none", Exceptions: []string{"box can change /srv on the host"}}
	local := &Evidence{Backend: "local", Network: "host"}
	const (
		shares = "The local backend is not hermetic: scenarios shared this machine."
		mount  = `Scenario "b" was not hermetic: box can change /srv on the host.`
	)
	for name, tc := range map[string]struct {
		backend  string
		isolated bool
		evidence *Evidence
		hermetic bool
		says     []string
	}{
		"sealed":          {"docker", true, sealed, true, nil},
		"mounted":         {"docker", true, mounted, false, []string{mount}},
		"local":           {"local", false, local, false, []string{shares}},
		"of two backends": {"docker, local", true, local, false, []string{shares, mount}},
		"never started":   {"docker", true, &Evidence{}, true, nil},
		"local, never":    {"local", false, &Evidence{}, false, []string{shares}},
	} {
		list := []Scenario{{File: "a", Name: "b", Verdict: Pass, Evidence: tc.evidence}}
		if len(tc.says) > 1 {
			list = append(list, Scenario{File: "a", Name: "b", Verdict: Pass, Evidence: mounted})
		}
		r := NewRun(tc.backend, tc.isolated, 0, "", list)
		if r.Hermetic != tc.hermetic {
			t.Errorf("%s: hermetic = %v", name, r.Hermetic)
		}
		for _, w := range []Writer{Human{}, TAP{}, HTML{}} {
			text := strings.ReplaceAll(string(write(t, w, r)), "&#34;", `"`)
			for _, sentence := range []string{shares, mount} {
				want := strings.Contains(strings.Join(tc.says, "\n"), sentence)
				if got := strings.Contains(text, sentence); got != want {
					t.Errorf("%s: %T says %q: %v\n%s", name, w, sentence, got, text)
				}
			}
		}
	}
}

// A fault that met nothing is seen by whoever reads only the terminal.
func TestAScenarioSaysWhatWasInjected(t *testing.T) {
	s := Scenario{File: "a", Name: "b", Verdict: Pass, Evidence: &Evidence{Backend: "docker", Hermetic: true, Faults: []string{"loss of db during step x, for 1s: no packet was on the way"}}}
	text := string(write(t, Human{}, NewRun("docker", true, 0, "", []Scenario{s})))
	if want := "      injected: loss of db during step x, for 1s: no packet was on the way\n"; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
}
