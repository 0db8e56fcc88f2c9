package cmd

import (
	"io"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/tui"
)

// exports lets the dashboard write files. They go into the project's state
// folder, which is kept out of the repository.
func exports(e *engine.Engine) tui.Exports {
	return tui.Exports{
		Report: func(kind string) (string, error) {
			w, ext := report.Writer(report.JSON{}), "json"
			switch kind {
			case "junit":
				w, ext = report.JUnit{}, "xml"
			case "markdown":
				w, ext = report.Markdown{}, "md"
			case "html":
				w, ext = report.HTML{}, "html"
			}
			return e.Export("report", ext, func(out io.Writer) error { return w.Write(out, e.LastReport()) })
		},
		Frame: func(ext string, data []byte) (string, error) {
			return e.Export("screen", ext, func(out io.Writer) error {
				_, err := out.Write(data)
				return err
			})
		},
	}
}
