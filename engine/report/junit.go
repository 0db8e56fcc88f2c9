package report

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JUnit writes JUnit XML: a suite per file, and in it a case per scenario and
// per judged rule. A scenario that could not be carried out is an error; a rule
// that does not hold is a failure, and so is its scenario, which names the
// rules. Times are seconds.
type JUnit struct{}

type xmlSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	xmlCounts
	Properties *xmlProperties `xml:"properties"`
	Suites     []xmlSuite     `xml:"testsuite"`
}

type xmlCounts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`
	ms       int64
}

type xmlSuite struct {
	Name string `xml:"name,attr"`
	File string `xml:"file,attr,omitempty"`
	xmlCounts
	Cases []xmlCase `xml:"testcase"`
}

type xmlCase struct {
	Class      string         `xml:"classname,attr"`
	Name       string         `xml:"name,attr"`
	Time       string         `xml:"time,attr"`
	Properties *xmlProperties `xml:"properties"`
	Failure    *xmlProblem    `xml:"failure"`
	Error      *xmlProblem    `xml:"error"`
	Skipped    *xmlSkipped    `xml:"skipped"`
	Stdout     string         `xml:"system-out,omitempty"`
	Stderr     string         `xml:"system-err,omitempty"`
}

type xmlProperties struct {
	List []xmlProperty `xml:"property"`
}

type xmlProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type xmlProblem struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type xmlSkipped struct {
	Message string `xml:"message,attr,omitempty"`
}

// Write implements Writer.
func (JUnit) Write(w io.Writer, r *Run) error {
	root := xmlSuites{Properties: shared(r)}
	for _, s := range suites(r) {
		suite := xmlSuite{Name: xmlText(s.name), File: xmlText(s.file)}
		for _, p := range s.points() {
			suite.count(&p)
			suite.Cases = append(suite.Cases, xmlCaseOf(&s, &p))
		}
		root.sum(&suite.xmlCounts)
		suite.Time = seconds(suite.ms)
		root.Suites = append(root.Suites, suite)
	}
	if r.Problem != "" {
		root.addProblem(r.Problem)
	}
	root.Time = seconds(r.ElapsedMS)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(root); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (c *xmlCounts) count(p *point) {
	c.Tests++
	c.ms += p.ms
	switch p.kind {
	case Fail:
		c.Failures++
	case Error:
		c.Errors++
	case Skipped:
		c.Skipped++
	}
}

func (c *xmlCounts) sum(other *xmlCounts) {
	c.Tests += other.Tests
	c.Failures += other.Failures
	c.Errors += other.Errors
	c.Skipped += other.Skipped
}

// addProblem reports a failure of the environment, which belongs to no file.
func (s *xmlSuites) addProblem(problem string) {
	c := xmlCase{Class: "environment", Name: "environment", Time: seconds(0),
		Error: &xmlProblem{Type: "environment", Message: xmlText(problem)}}
	suite := xmlSuite{Name: "environment", Cases: []xmlCase{c}}
	suite.Tests, suite.Errors, suite.Time = 1, 1, seconds(0)
	s.sum(&suite.xmlCounts)
	s.Suites = append(s.Suites, suite)
}

func xmlCaseOf(s *suite, p *point) xmlCase {
	c := xmlCase{Class: xmlText(s.name), Name: xmlText(p.name), Time: seconds(p.ms)}
	switch p.kind {
	case Fail:
		c.Failure = &xmlProblem{Type: xmlText(orText(p.rule, "scenario")), Message: xmlText(p.message), Text: xmlText(p.detail)}
	case Error:
		c.Error = &xmlProblem{Type: "scenario", Message: xmlText(p.message)}
	case Skipped:
		c.Skipped = &xmlSkipped{Message: xmlText(p.message)}
	}
	if p.rule != "" {
		return c
	}
	if p.scenario.Attempts > 1 {
		c.Properties = attempts(p.scenario)
	}
	if p.scenario.Verdict != Pass && p.scenario.Verdict != Skipped {
		c.Stdout, c.Stderr = outputs(p.scenario.Steps)
	}
	return c
}

// shared says that scenarios were not isolated from the machine; nil when they were.
func shared(r *Run) *xmlProperties {
	if r.Hermetic || r.Backend == "" {
		return nil
	}
	return &xmlProperties{[]xmlProperty{{"backend", xmlText(r.Backend)}, {"hermetic", "false"}}}
}

func attempts(s *Scenario) *xmlProperties {
	return &xmlProperties{[]xmlProperty{
		{"attempts", strconv.Itoa(s.Attempts)}, {"flaky", strconv.FormatBool(s.Flaky)},
	}}
}

// outputs joins what the steps printed, a heading per step.
func outputs(steps []Step) (stdout, stderr string) {
	var out, errs strings.Builder
	for i := range steps {
		s := &steps[i]
		if s.Stdout != "" {
			out.WriteString("[" + s.Name + "]\n" + s.Stdout + "\n")
		}
		if s.Stderr != "" {
			errs.WriteString("[" + s.Name + "]\n" + s.Stderr + "\n")
		}
	}
	return xmlText(out.String()), xmlText(errs.String())
}

// xmlText drops the characters that XML 1.0 cannot express, not even as a
// reference, and replaces what is no UTF-8.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < 0x20 || r == 0xFFFE || r == 0xFFFF:
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}
