package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// listed is what `go list` tells about a package.
type listed struct {
	Dir        string
	Standard   bool
	EmbedFiles []string
	Module     *struct {
		Main    bool
		GoMod   string
		Version string
		Replace *struct{ Version string }
	}
}

// inputs fingerprints the files that the program is built from: those of every
// package outside the standard library and the module cache, whose content
// never changes. The fingerprint is "" when it could not be taken; the next
// build then asks the go command again, which is slower and just as right.
func (b goProgram) inputs(ctx context.Context) string {
	cmd, err := b.command(ctx, "list", "-deps", "-json=Dir,Standard,EmbedFiles,Module")
	if err != nil {
		return ""
	}
	out, err := cmd.Output()
	if err != nil {
		return "" // go build will say what is wrong
	}
	dirs := map[string]bool{}
	files := map[string]bool{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			return ""
		}
		if p.Standard || p.Module != nil && !p.Module.Main && p.Module.Version != "" && (p.Module.Replace == nil || p.Module.Replace.Version != "") {
			continue
		}
		dirs[p.Dir] = true
		for _, f := range p.EmbedFiles {
			path := filepath.Join(p.Dir, f)
			files[path] = true
			dirs[filepath.Dir(path)] = true
		}
		if p.Module != nil && p.Module.GoMod != "" {
			files[p.Module.GoMod] = true
			files[strings.TrimSuffix(p.Module.GoMod, ".mod")+".sum"] = true
		}
	}
	paths := make([]string, 0, len(dirs)+len(files))
	for d := range dirs {
		paths = append(paths, d+"/")
	}
	for f := range files {
		paths = append(paths, f)
	}
	slices.Sort(paths)
	text, recent := stamp(paths)
	if recent {
		return ""
	}
	return text
}

// fresh reports whether the files of a fingerprint are as they were.
func fresh(inputs string) bool {
	if inputs == "" {
		return false
	}
	var paths []string
	for line := range strings.Lines(inputs) {
		if path, ok := strings.CutPrefix(line, "# "); ok {
			paths = append(paths, strings.TrimSpace(path))
		}
	}
	now, _ := stamp(paths)
	return now == inputs
}

// stamp describes files, and all the files of directories (with a trailing
// slash), by size and time. Recent is set when something changed so lately that
// a further change might leave both as they are.
func stamp(paths []string) (text string, recent bool) {
	var b strings.Builder
	entry := func(path string) {
		st, err := os.Stat(path)
		if err != nil {
			fmt.Fprintf(&b, "%s: %v\n", path, err)
			return
		}
		recent = recent || time.Since(st.ModTime()) < racy
		fmt.Fprintf(&b, "%s %d %d\n", path, st.Size(), st.ModTime().UnixNano())
	}
	for _, p := range paths {
		fmt.Fprintf(&b, "# %s\n", p)
		if !strings.HasSuffix(p, "/") {
			entry(p)
			continue
		}
		entries, err := os.ReadDir(p)
		if err != nil {
			fmt.Fprintf(&b, "%v\n", err)
		}
		for _, e := range entries {
			if !e.IsDir() {
				entry(p + e.Name())
			}
		}
	}
	return b.String(), recent
}
