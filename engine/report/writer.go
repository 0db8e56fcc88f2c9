package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Writer writes the report of a run in one format.
type Writer interface {
	Write(w io.Writer, r *Run) error
}

// Options decide how text for people looks; the other formats ignore them.
type Options struct {
	Color bool // use SGR colour sequences
	ASCII bool // no character outside ASCII of our own
}

// Formats are the names that `run` takes for its standard output, PageFormats those
// of reports that are read later. For accepts all of them.
var (
	Formats     = []string{"human", "json", "junit", "tap"}
	PageFormats = []string{"html", "markdown", "json", "human", "junit", "tap"}
)

// For returns the writer of a format. The error names the formats there are.
func For(format string, o Options) (Writer, error) {
	switch format {
	case "human":
		return Human{o}, nil
	case "json":
		return JSON{}, nil
	case "junit":
		return JUnit{}, nil
	case "tap":
		return TAP{}, nil
	case "html":
		return HTML{}, nil
	case "markdown":
		return Markdown{}, nil
	default:
		return nil, fmt.Errorf("unknown report format %q: use one of %s", format, strings.Join(PageFormats, ", "))
	}
}

// JSON writes one indented clnrm.run/1 object.
type JSON struct{}

// Write implements Writer.
func (JSON) Write(w io.Writer, r *Run) error { return writeJSON(w, r) }

// WriteValidationJSON writes one indented clnrm.validate/1 object.
func WriteValidationJSON(w io.Writer, v *Validation) error { return writeJSON(w, v) }

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printer writes and remembers the first error, so that formatting code reads
// as the text it produces.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
