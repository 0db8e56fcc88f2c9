package service

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
)

// listed is what `go list` tells about a package.
type listed struct {
	Dir           string
	Standard      bool
	EmbedPatterns []string
	Module        *struct {
		Main    bool
		GoMod   string
		Version string
		Replace *struct{ Version string }
	}
}

// inputs lists what the program is built from: the directories of every package
// outside the standard library and the module cache, whose content never changes,
// what its embed directives match, and what else the go command goes by. It is
// nil when that could not be found out; the next build then asks the go command
// again, which is slower and just as right.
func (b goProgram) inputs(ctx context.Context) []string {
	cmd, err := b.command(ctx, "list", "-deps", "-json=Dir,Standard,EmbedPatterns,Module")
	if err != nil {
		return nil
	}
	out, err := cmd.Output()
	if err != nil {
		return nil // go build will say what is wrong
	}
	paths := b.environment(ctx)
	if paths == nil {
		return nil
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			return nil
		}
		if p.Standard || p.cached() {
			continue
		}
		paths = append(paths, p.Dir+"/")
		for _, pattern := range p.EmbedPatterns {
			paths = append(paths, quoteGlob(p.Dir)+"/"+strings.TrimPrefix(pattern, "all:")+embedded)
		}
		if p.Module != nil && p.Module.GoMod != "" {
			paths = append(paths, p.Module.GoMod, strings.TrimSuffix(p.Module.GoMod, ".mod")+".sum")
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// cached reports whether a package is in the module cache: of a module with a
// version that is not replaced by a directory and not a copy in the tree.
func (p listed) cached() bool {
	m := p.Module
	return m != nil && !m.Main && m.Version != "" && (m.Replace == nil || m.Replace.Version != "") &&
		!strings.Contains(p.Dir, "/vendor/")
}

// goVariables decide what the go command makes of the same files. What this
// package sets itself is not among them.
var goVariables = []string{
	"GO111MODULE", "GOAMD64", "GOARM64", "GOARM", "GO386", "GOENV", "GOEXPERIMENT", "GOFLAGS", "GOFIPS140",
	"GOROOT", "GOTOOLCHAIN", "GOWORK",
}

// environment lists what the go command goes by beside the program: which one it
// is, variables, its own settings, and workspaces, also those that may come.
func (b goProgram) environment(ctx context.Context) []string {
	cmd, err := b.command(ctx, "env", "-json", "GOENV", "GOROOT", "GOWORK")
	if err != nil {
		return nil
	}
	cmd.Args = cmd.Args[:len(cmd.Args)-1] // it is about no package
	out, err := cmd.Output()
	var env struct{ GOENV, GOROOT, GOWORK string }
	if err != nil || json.Unmarshal(out, &env) != nil {
		return nil
	}
	paths := []string{goCommand, outer + filepath.Join(env.GOROOT, "VERSION")}
	for _, name := range goVariables {
		paths = append(paths, outer+name)
	}
	if filepath.IsAbs(env.GOENV) {
		paths = append(paths, outer+env.GOENV)
	}
	if filepath.IsAbs(env.GOWORK) {
		paths = append(paths, env.GOWORK, env.GOWORK+".sum")
	}
	for dir := cmd.Dir; ; dir = filepath.Dir(dir) {
		paths = append(paths, outer+filepath.Join(dir, "go.work"))
		if dir == filepath.Dir(dir) {
			return paths
		}
	}
}

// fresh reports whether the inputs of a build are as they were.
func (g goBuild) fresh() bool {
	if g.stamp == "" {
		return false
	}
	now, _ := stamp(g.inputs)
	return now == g.stamp
}
