package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// FuzzReportsStayWellFormed puts the same text wherever text of a user or of a
// container can occur and reads every format back.
func FuzzReportsStayWellFormed(f *testing.F) {
	f.Add(hostile)
	f.Add("]]>")
	f.Add("\n1..0 # SKIP all\nok 1 - x")
	f.Add("a\r\x1b]0;title\x07b\u0085c\u009b31m")
	f.Add("\\# \\\\# \"quoted\": - ---\n...")
	f.Fuzz(func(t *testing.T, text string) {
		r := sample()
		r.Problem = text
		for i := range r.Scenarios {
			s := &r.Scenarios[i]
			s.File, s.Name, s.Test, s.Message = text, text, text, text
			for j := range s.Steps {
				s.Steps[j].Name, s.Steps[j].Stdout, s.Steps[j].Stderr = text, text, text
			}
			for j := range s.Checks {
				s.Checks[j].Rule, s.Checks[j].Message, s.Checks[j].Explain = text, text, []string{text}
			}
			s.Complete()
		}
		wellFormedJSON(t, write(t, JSON{}, r))
		wellFormedXML(t, write(t, JUnit{}, r))
		wellFormedTAP(t, write(t, TAP{}, r))
		harmless(t, write(t, Human{}, r))
		harmless(t, write(t, Markdown{}, r))
		wellFormedPage(t, write(t, HTML{}, r), text)
		oneCommand(t, text)
	})
}

func write(t *testing.T, w Writer, r *Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := w.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func wellFormedJSON(t *testing.T, b []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var r Run
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("something follows the object: %v", err)
	}
}

func wellFormedXML(t *testing.T, b []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	cases := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "testcase" {
			cases++
		}
	}
	if !bytes.Contains(b, []byte(`<testsuites tests="`+strconv.Itoa(cases)+`"`)) {
		t.Fatalf("%d test cases, but not as many are announced in\n%s", cases, b)
	}
}

var tapLine = regexp.MustCompile(`^(TAP version 13|1\.\.\d+|(not )?ok (\d+) - .*|Bail out! .*|# .*|  # .*|  ---|  \.\.\.|  (message|rule): ".*"|  detail:|    - ".*")$`)

// wellFormedTAP also counts the points: forged ones would make too many.
func wellFormedTAP(t *testing.T, b []byte) {
	t.Helper()
	text := string(b)
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") {
		t.Fatalf("not UTF-8 or no line break at the end:\n%s", text)
	}
	next := 1
	for i, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		m := tapLine.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("line %d is no TAP: %q", i+1, l)
		}
		if m[3] == "" {
			continue
		}
		if m[3] != strconv.Itoa(next) {
			t.Fatalf("line %d has number %s, want %d", i+1, m[3], next)
		}
		next++
		if skip := regexp.MustCompile(`(^|[^\\])(\\\\)*#`).FindString(l); skip != "" && !strings.Contains(l, " # SKIP ") {
			t.Fatalf("line %d has a directive: %q", i+1, l)
		}
	}
	if !strings.Contains(text, "\n1.."+strconv.Itoa(next-1)+"\n") {
		t.Fatalf("the plan does not say %d:\n%s", next-1, text)
	}
}

// harmless text has no control character but line breaks and tabs.
func harmless(t *testing.T, b []byte) {
	t.Helper()
	if !utf8.Valid(b) {
		t.Fatalf("not UTF-8: %q", b)
	}
	for _, r := range string(b) {
		if r != '\n' && r != '\t' && !printable(r) {
			t.Fatalf("character %U in %q", r, b)
		}
	}
}

// oneCommand checks that a hostile diagnostic cannot add workflow commands.
func oneCommand(t *testing.T, text string) {
	t.Helper()
	v := NewValidation([]File{NewFile("a", false, Timing{}, []diag.Diagnostic{
		{Severity: diag.Error, Code: text, Message: text, Hint: text, Pos: diag.Position{File: text, Line: 1}},
	})}, 0)
	var b bytes.Buffer
	if err := WriteValidationGitHub(&b, v); err != nil {
		t.Fatal(err)
	}
	harmless(t, b.Bytes())
	if n := strings.Count(b.String(), "\n"); n != 1 || !strings.HasPrefix(b.String(), "::error file=") {
		t.Fatalf("%d lines: %q", n, b.String())
	}
}

func TestVerdictOfARunIsEarned(t *testing.T) {
	tests := []struct {
		name     string
		problem  string
		verdicts []Verdict
		want     Verdict
	}{
		{"nothing ran", "", nil, Error},
		{"everything was skipped", "", []Verdict{Skipped, Skipped}, Error},
		{"one passed, one was skipped", "", []Verdict{Pass, Skipped}, Pass},
		{"one failed", "", []Verdict{Pass, Fail}, Fail},
		{"one could not be judged", "", []Verdict{Pass, Fail, Error}, Error},
		{"one was interrupted", "", []Verdict{Pass, Interrupted}, Error},
		{"the environment failed", "no Docker", []Verdict{Pass}, Error},
		{"a verdict nobody knows", "", []Verdict{Pass, ""}, Error},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var scenarios []Scenario
			for _, v := range tt.verdicts {
				scenarios = append(scenarios, Scenario{Verdict: v})
			}
			if got := NewRun("docker", true, 0, tt.problem, scenarios).Verdict; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDigestOfARunDoesNotDependOnTheOrderOfEnding(t *testing.T) {
	a, b := Scenario{File: "a", Name: "x", Digest: "1"}, Scenario{File: "b", Name: "y", Digest: "2"}
	one, two := NewRun("docker", true, 0, "", []Scenario{a, b}).Digest, NewRun("docker", true, 0, "", []Scenario{b, a}).Digest
	if one == "" || one != two {
		t.Errorf("%q and %q", one, two)
	}
	b.Digest = "3"
	if other := NewRun("docker", true, 0, "", []Scenario{a, b}).Digest; other == one {
		t.Error("another digest of a scenario leaves the run's as it was")
	}
}

func TestUnknownFormatNamesTheKnownOnes(t *testing.T) {
	_, err := For("yaml", Options{})
	if err == nil || !strings.Contains(err.Error(), "html, markdown, json, human, junit, tap") {
		t.Fatal(err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestErrorsOfWritingAreReturned(t *testing.T) {
	for _, format := range Formats {
		w, err := For(format, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(brokenPipe{}, sample()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: got %v", format, err)
		}
	}
	if err := WriteEvent(brokenPipe{}, Event{Event: EventStats}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("event: got %v", err)
	}
}

func TestHumanTextIsShortWhereMuchFails(t *testing.T) {
	s := Scenario{File: "a", Name: "b", Verdict: Fail}
	for i := range failureLimit + 3 {
		s.Checks = append(s.Checks, Check{Failure: Failure{Rule: "rule-" + strconv.Itoa(i), Message: "no"}})
	}
	s.Complete()
	var b bytes.Buffer
	if err := (Human{}).Scenario(&b, &s); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Count(text, "rule-") != failureLimit || !strings.Contains(text, "and 3 more rules") {
		t.Errorf("got\n%s", text)
	}
	b.Reset()
	s.Verdict, s.Message = Error, "no container started"
	if err := (Human{}).Scenario(&b, &s); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Contains(text, "rule-") || !strings.Contains(text, "13 rules not met or not judged") {
		t.Errorf("got\n%s", text)
	}
}

func TestEveryReportSaysThatARunWasNotHermetic(t *testing.T) {
	for _, w := range []Writer{Human{}, JSON{}, JUnit{}, TAP{}} {
		r := NewRun("local", false, 0, "", []Scenario{{File: "a", Name: "b", Verdict: Pass}})
		text := string(write(t, w, r))
		said := strings.Contains(text, "not hermetic") || strings.Contains(text, `"hermetic": false`) || strings.Contains(text, `name="hermetic" value="false"`)
		if !said {
			t.Errorf("%T does not say it:\n%s", w, text)
		}
		if text = string(write(t, w, NewRun("docker", true, 0, "", r.Scenarios))); strings.Contains(text, "not hermetic") || strings.Contains(text, `"hermetic": false`) {
			t.Errorf("%T says it of a run that was:\n%s", w, text)
		}
	}
}
