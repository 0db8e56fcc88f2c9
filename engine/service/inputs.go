package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// inputs lists what the program is built from: the files, and with a trailing
// slash the directories, of every package outside the standard library and the
// module cache, whose content never changes. It is nil when that could not be
// found out; the next build then asks the go command again, which is slower and
// just as right.
func (b goProgram) inputs(ctx context.Context) []string {
	cmd, err := b.command(ctx, "list", "-deps", "-json=Dir,Standard,EmbedFiles,Module")
	if err != nil {
		return nil
	}
	out, err := cmd.Output()
	if err != nil {
		return nil // go build will say what is wrong
	}
	dirs := map[string]bool{}
	files := map[string]bool{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			return nil
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
	return paths
}

// fresh reports whether the inputs of a build are as they were.
func (g goBuild) fresh() bool {
	if g.stamp == "" {
		return false
	}
	now, _ := stamp(g.inputs)
	return now == g.stamp
}

// Fingerprint hashes the content of inputs: of files, and of the Go files of
// directories (with a trailing slash), tests apart, which no program contains.
// hash returns the content hash of a file and whether it exists.
func Fingerprint(inputs []string, hash func(path string) (sum [32]byte, exists bool)) string {
	h := sha256.New()
	for _, file := range InputFiles(inputs) {
		sum, exists := hash(file)
		fmt.Fprintf(h, "%q %v %x\n", file, exists, sum)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// InputFiles lists the files that inputs stand for, as they are now.
func InputFiles(inputs []string) []string {
	var files []string
	for _, p := range inputs {
		if !strings.HasSuffix(p, "/") {
			files = append(files, p)
			continue
		}
		entries, err := os.ReadDir(p)
		if err != nil {
			files = append(files, p) // it will be hashed as missing
		}
		for _, e := range entries {
			if name := e.Name(); !e.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
				files = append(files, p+name)
			}
		}
	}
	return files
}

// hashFile is the hash for a Fingerprint that reads files as they are.
func hashFile(path string) (sum [32]byte, exists bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return sum, false
	}
	return sha256.Sum256(data), true
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
			if e.IsDir() {
				// A new one may be embedded.
				fmt.Fprintf(&b, "%s/\n", p+e.Name())
				continue
			}
			entry(p + e.Name())
		}
	}
	return b.String(), recent
}
