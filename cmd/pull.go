package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) pullCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pull PATH...",
		Short: "Get the images that tests name and that are not on this machine",
		Long: `Get the images that tests name and that are not on this machine. Images that
tests build are not made.

A pull that does not move for a minute is given up. The exit status is 3 when an
image could not be had.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.pull(c.Context(), args) },
	}
}

// pull gets every image; one that cannot be had does not keep it from the others.
func (a *app) pull(ctx context.Context, paths []string) (err error) {
	e, err := a.scan(ctx, paths)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	images := e.Images()
	if len(images) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no test names an image")
		return err
	}
	var errs []error
	for i, image := range images {
		bars := &pullBars{w: a.stderr, image: image, live: isTerminal(a.stderr), space: func() (int, int) { return space(a.stderr) }}
		if len(images) > 1 {
			bars.image += fmt.Sprintf(" (%d of %d)", i+1, len(images))
		}
		pulled, err := e.Pull(ctx, image, bars.show)
		if berr := bars.done(); err == nil {
			err = berr
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, err)
			if _, err := fmt.Fprintf(a.stdout, "missing %s\n", image); err != nil {
				return err
			}
			continue
		}
		word := "here   "
		if pulled {
			word = "pulled "
		}
		if _, err := fmt.Fprintf(a.stdout, "%s %s\n", word, image); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// pullEvery is how often bars are drawn, and a line is written where there is no
// terminal.
const (
	pullFrame = 50 * time.Millisecond
	pullEvery = 2 * time.Second
)

// pullBars shows the layers of an image that is pulled: a bar each on a terminal,
// a line now and then elsewhere.
type pullBars struct {
	w      io.Writer
	image  string
	live   bool
	space  func() (width, height int) // of the terminal, in cells
	layers []engine.Layer
	drawn  int // lines on the terminal
	last   time.Time
	err    error
}

// show takes a step of a layer in.
func (p *pullBars) show(l engine.Layer) {
	if l.ID == "" {
		return
	}
	known := false
	for i := range p.layers {
		if p.layers[i].ID == l.ID {
			if l.Total == 0 {
				l.Total, l.Current = p.layers[i].Total, p.layers[i].Total
			}
			p.layers[i], known = l, true
		}
	}
	if !known {
		p.layers = append(p.layers, l)
	}
	every := pullEvery
	if p.live {
		every = pullFrame
	}
	if time.Since(p.last) >= every {
		p.last = time.Now()
		p.draw()
	}
}

// draw writes what is known now.
func (p *pullBars) draw() {
	var b strings.Builder
	if !p.live {
		var current, total int64
		for _, l := range p.layers {
			current, total = current+l.Current, total+l.Total
		}
		fmt.Fprintf(&b, "pulling %s: %d layers, %.1f of %.1f MB\n", p.image, len(p.layers), megabytes(current), megabytes(total))
	} else {
		if p.drawn > 0 {
			fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
		}
		lines := p.lines()
		b.WriteString("\x1b[J")
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
		p.drawn = len(lines)
	}
	_, err := io.WriteString(p.w, b.String())
	p.err = errors.Join(p.err, err)
}

// lines are what a terminal shows: never more than it has room for, because what
// has left it at the top cannot be drawn over. The layers that have most left to do
// are the ones to see.
func (p *pullBars) lines() []string {
	width, height := p.space()
	lines := []string{"pulling " + p.image}
	layers := p.layers
	if room := max(height-3, 1); len(layers) > room {
		layers = slices.Clone(layers)
		slices.SortStableFunc(layers, func(a, b engine.Layer) int { return cmp.Compare(b.Total-b.Current, a.Total-a.Current) })
		lines[0] += fmt.Sprintf(", and %d more layers", len(layers)-room)
		layers = layers[:room]
	}
	for _, l := range layers {
		lines = append(lines, fmt.Sprintf("  %.12s %s %-18.18s %s", l.ID, bar(l, 24), l.Status, size(l)))
	}
	for i, l := range lines {
		if text := []rune(l); len(text) >= width {
			lines[i] = string(text[:max(width-1, 0)]) // a full line would take two
		}
	}
	return lines
}

// space is the room on a terminal, or what terminals have at least where it cannot
// be asked.
func space(w any) (width, height int) {
	if f, ok := w.(*os.File); ok {
		if width, height, err := term.GetSize(f.Fd()); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}

// done takes the bars away and returns what kept them from being drawn.
func (p *pullBars) done() error {
	if p.live && p.drawn > 0 {
		_, err := fmt.Fprintf(p.w, "\x1b[%dA\x1b[J", p.drawn)
		p.err = errors.Join(p.err, err)
	}
	return p.err
}

// bar is the part of a layer that has arrived, in cells.
func bar(l engine.Layer, width int) string {
	full := 0
	if l.Total > 0 {
		full = int(min(int64(width), l.Current*int64(width)/l.Total))
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

func size(l engine.Layer) string {
	if l.Total == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f/%.1f MB", megabytes(l.Current), megabytes(l.Total))
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
