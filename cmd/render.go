package cmd

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) renderCommand() *cobra.Command {
	var maps []string
	var contextFile, output string
	var showVars, check bool
	c := &cobra.Command{
		Use:   "render FILE",
		Short: "Print the TOML that a template renders to",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := a.global.options(args)
			if err != nil {
				return err
			}
			if contextFile != "" {
				if err := addContext(o.Vars, contextFile); err != nil {
					return err
				}
			}
			mapped, err := parseVars(maps)
			if err != nil {
				return err
			}
			for k, v := range mapped {
				o.Vars[k] = v
			}
			if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
				return usage("%s is a directory; name one template", args[0])
			}
			e, err := a.open(o)
			if err != nil {
				return err
			}
			defer func() { err = closeEngine(e, err) }()
			r := e.Render(c.Context(), args[0])
			if len(r.Combinations) > 0 {
				return usage("%s has %d combinations; choose one with --matrix: %s", args[0], len(r.Combinations), strings.Join(r.Combinations, " "))
			}
			if len(r.Diagnostics) > 0 {
				if err := a.printDiagnostics(a.stderr, r.Diagnostics); err != nil {
					return err
				}
				return silently(exitFailed)
			}
			if showVars {
				for _, v := range r.Vars {
					text, err := json.Marshal(v.Value)
					if err != nil {
						return fmt.Errorf("variable %s: %w", v.Name, err)
					}
					a.progressf("%-20s %-30s %s", v.Name, text, v.Origin)
				}
			}
			switch {
			case check:
				return nil
			case output != "":
				return writeWhole(output, r.Text)
			default:
				_, err = a.stdout.Write(r.Text)
				return err
			}
		},
	}
	f := c.Flags()
	f.StringArrayVar(&maps, "map", nil, "set a template variable, `key=value`; may be repeated")
	f.StringVar(&contextFile, "context", "", "read structured variables from the JSON object in `FILE` (1 and 1.0 stay different)")
	f.BoolVar(&showVars, "show-vars", false, "list on standard error every variable, its value and where it came from")
	f.BoolVar(&check, "check", false, "print nothing; the exit status says whether it would render")
	f.StringVarP(&output, "output", "o", "", "write to `FILE` instead of standard output")
	c.MarkFlagsMutuallyExclusive("check", "output")
	return c
}

// addContext reads the structured variables of --context. Numbers keep their
// spelling: 1 is an integer, 1.0 is not.
func addContext(vars map[string]any, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return usage("--context: %v", err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	var values map[string]any
	if err := dec.Decode(&values); err != nil {
		return usage("--context: %s is not a JSON object: %v", name, err)
	}
	for k, v := range values {
		vars[k] = numbers(v)
	}
	return nil
}

// numbers turns the spelling of JSON numbers into integers and floats.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// writeWhole writes a file so that a failure leaves no partial one.
func writeWhole(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".clnrm-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		if rerr := os.Remove(f.Name()); rerr != nil && !os.IsNotExist(rerr) {
			return fmt.Errorf("%w; %w", err, rerr)
		}
	}
	return err
}
