package tui

import (
	"bytes"
	"errors"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/shot"
)

// Exports writes what the dashboard hands out.
type Exports struct {
	// Report writes a report about the last results; kind is one of
	// ReportKinds. It returns the file, relative to the project.
	Report func(kind string) (file string, err error)
	// Frame writes a picture of the screen; ext is "txt" or "svg".
	Frame func(ext string, data []byte) (file string, err error)
}

// ReportKinds are the reports that can be exported.
func ReportKinds() []string { return []string{"json", "junit", "markdown", "html"} }

// openExport shows what can be written to a file.
func (m *model) openExport() {
	frame, picture := m.grid.String(), m.picture()
	rows := []choice{
		m.exportReport("j", "report as JSON", "json"),
		m.exportReport("u", "report as JUnit", "junit"),
		m.exportReport("m", "report as Markdown", "markdown"),
		m.exportReport("h", "report as an HTML page", "html"),
		m.exportFrame("t", "this screen as text", "txt", []byte(frame)),
		m.exportFrame("s", "this screen as a picture (SVG)", "svg", picture),
	}
	m.menu("Export", rows)
}

// errNoExports says that nobody writes files for this dashboard.
var errNoExports = errors.New("nothing can be written from here")

func (m *model) exportReport(key, title, kind string) choice {
	return choice{key: key, title: title, note: "all last results", act: func() tea.Cmd {
		write := m.exports.Report
		return func() tea.Msg {
			if write == nil {
				return doneMsg{err: errNoExports}
			}
			file, err := write(kind)
			return exported(file, err)
		}
	}}
}

func (m *model) exportFrame(key, title, ext string, data []byte) choice {
	return choice{key: key, title: title, note: fmt.Sprintf("%d x %d", m.w, m.h), act: func() tea.Cmd {
		write := m.exports.Frame
		return func() tea.Msg {
			if write == nil {
				return doneMsg{err: errNoExports}
			}
			file, err := write(ext, data)
			return exported(file, err)
		}
	}}
}

func exported(file string, err error) tea.Msg {
	if err != nil {
		return doneMsg{err: fmt.Errorf("export: %w", err)}
	}
	return doneMsg{said: "wrote " + file}
}

// picture draws the frame that is on the screen as SVG.
func (m *model) picture() []byte {
	var b bytes.Buffer
	if err := shot.SVG(&b, m.grid, m.theme); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
