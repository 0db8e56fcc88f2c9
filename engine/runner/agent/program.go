package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// getenv returns the value of name in env, the last one if there are several.
func getenv(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// findProgram resolves argv[0] as a shell would, with the PATH of env and
// relative to dir. On failure code is 127 when nothing was found and 126 when
// it cannot be executed.
func findProgram(argv, env []string, dir string) (path string, code int, err error) {
	if len(argv) == 0 || argv[0] == "" {
		return "", 127, errors.New("the command is empty")
	}
	name := argv[0]
	if strings.Contains(name, "/") {
		code, err := executable(absolute(dir, name))
		if err != nil {
			return "", code, fmt.Errorf("%s: %w", name, err)
		}
		return absolute(dir, name), 0, nil
	}
	var denied error
	for _, d := range filepath.SplitList(getenv(env, "PATH")) {
		p := absolute(dir, filepath.Join(d, name))
		code, err := executable(p)
		if err == nil {
			return p, 0, nil
		}
		if code == 126 && denied == nil {
			denied = fmt.Errorf("%s: %w", p, err)
		}
	}
	if denied != nil {
		return "", 126, denied
	}
	return "", 127, fmt.Errorf("%s: executable file not found in PATH %q", name, getenv(env, "PATH"))
}

// absolute returns p, relative to dir unless it is absolute.
func absolute(dir, p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}

// executable says whether the file can be executed, and if not what a shell
// would exit with.
func executable(path string) (code int, err error) {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return 127, syscall.ENOENT
	case err != nil:
		return 126, errors.Unwrap(err)
	case st.IsDir():
		return 126, syscall.EISDIR
	case st.Mode()&0o111 == 0:
		return 126, syscall.EACCES
	}
	return 0, nil
}

// explainExec says why the kernel refused to execute a file that is there.
func explainExec(path, dir string, err error) string {
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EACCES) {
		if _, e := os.Stat(dir); e != nil {
			return fmt.Sprintf("working directory %s: %v", dir, errors.Unwrap(e))
		}
	}
	if errors.Is(err, syscall.ENOENT) {
		return "the program is there, its interpreter is not (" + interpreter(path) + ")"
	}
	return err.Error()
}

// interpreter names what a program needs in order to be executed.
func interpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	head := make([]byte, 256)
	n, err := f.Read(head)
	if err != nil {
		return "unknown"
	}
	if line, ok := strings.CutPrefix(string(head[:n]), "#!"); ok {
		line, _, _ = strings.Cut(line, "\n")
		return strings.TrimSpace(line)
	}
	return "a dynamic linker: build it statically, for example with CGO_ENABLED=0"
}
