package cmd

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// globalFlags are the options of every command that renders or runs.
type globalFlags struct {
	vars    []string
	matrix  []string
	secrets []string
	envFile string
	config  string
	caches  []string
	color   string
}

func (g *globalFlags) register(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringArrayVar(&g.vars, "var", nil, "set a template variable, `key=value`; may be repeated")
	f.StringArrayVar(&g.matrix, "matrix", nil, "keep only combinations of a file's [matrix] with this value, `key=value`; may be repeated")
	f.StringArrayVar(&g.secrets, "secret", nil, "hide the values of variables whose name matches `GLOB` too (\"!GLOB\" shows them); may be repeated")
	f.StringVar(&g.envFile, "env-file", "", "read environment variables from `FILE` (lines NAME=value); they win over the process environment")
	f.StringVar(&g.config, "config", "", "read the project's settings from `FILE` instead of the nearest cleanroom.toml")
	f.StringSliceVar(&g.caches, "cache", nil, "keep renderings at `PLACE`, behind the memory of the process: memory (nowhere else), disk[:DIR] or redis://HOST:PORT; two may be given, nearest first")
	f.StringVar(&g.color, "color", "auto", "colour the output: `auto|always|never`")
}

// options turns the flags into engine options over paths.
func (g *globalFlags) options(paths []string) (engine.Options, error) {
	o := engine.Options{Paths: paths, Secrets: g.secrets, Config: g.config, Caches: g.caches}
	var err error
	if o.Vars, err = parseVars(g.vars); err != nil {
		return o, err
	}
	for _, p := range g.matrix {
		k, v, ok := strings.Cut(p, "=")
		if !ok || k == "" {
			return o, usage("a filter of the matrix is written key=value, not %q", p)
		}
		if o.Matrix == nil {
			o.Matrix = map[string]string{}
		}
		o.Matrix[k] = v
	}
	if g.envFile == "" {
		return o, nil
	}
	file, err := readEnvFile(g.envFile)
	if err != nil {
		return o, err
	}
	o.Env = func(name string) (string, bool) {
		if v, ok := file[name]; ok {
			return v, true
		}
		return os.LookupEnv(name)
	}
	return o, nil
}

// parseVars reads key=value pairs; a later one wins.
func parseVars(pairs []string) (map[string]any, error) {
	vars := map[string]any{}
	for _, p := range pairs {
		k, v, ok := strings.Cut(p, "=")
		if !ok || k == "" {
			return nil, usage("a variable is written key=value, not %q", p)
		}
		vars[k] = v
	}
	return vars, nil
}

// readEnvFile reads lines of the form NAME=value or export NAME=value; blank
// lines and lines that start with # are skipped, one pair of quotes around a
// value is taken off.
func readEnvFile(name string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("--env-file: %v", err)
	}
	defer f.Close()
	env := map[string]string{}
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimPrefix(strings.TrimSpace(sc.Text()), "export ")
		if line == "" || line[0] == '#' {
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok || strings.TrimSpace(k) == "" {
			return nil, usage("%s:%d: expected NAME=value", name, n)
		}
		v = strings.TrimSpace(v)
		if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
			v = v[1 : len(v)-1]
		}
		env[strings.TrimSpace(k)] = v
	}
	if err := sc.Err(); err != nil {
		return nil, usage("%s: %v", name, err)
	}
	return env, nil
}

// colors decides whether output to w is coloured: --color, then NO_COLOR, then
// CLICOLOR_FORCE, then whether w is a terminal.
func (a *app) colors(w io.Writer) (bool, error) {
	switch a.global.color {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, usage("--color is auto, always or never, not %q", a.global.color)
	}
	if os.Getenv("NO_COLOR") != "" {
		return false, nil
	}
	if v := os.Getenv("CLICOLOR_FORCE"); v != "" && v != "0" {
		return true, nil
	}
	return isTerminal(w) && os.Getenv("TERM") != "dumb", nil
}

// isTerminal reports whether w is a terminal.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// oneOf checks the value of a flag with a closed set of values.
func oneOf(flag, value string, values ...string) error {
	for _, v := range values {
		if v == value {
			return nil
		}
	}
	return usage("--%s is one of %s, not %q", flag, strings.Join(values, ", "), value)
}

// progressf writes one line of progress to standard error.
func (a *app) progressf(format string, args ...any) {
	fmt.Fprintln(a.stderr, printable(fmt.Sprintf(format, args...)))
}

// printable is text whose lines cannot act on a terminal: the names of files in
// it are anybody's.
func printable(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = diag.Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}
