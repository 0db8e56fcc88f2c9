package watch

import "strings"

// ignoredDirs are directories that never hold test files of the user's: version
// control, dependencies, build results, and our own state, which would make the
// watcher trigger itself.
var ignoredDirs = map[string]bool{
	".git": true, ".hg": true, ".svn": true, ".bzr": true, ".jj": true, "CVS": true, "_darcs": true,
	"node_modules": true, "bower_components": true, "target": true, "__pycache__": true,
	".venv": true, ".tox": true, ".gradle": true, ".terraform": true, ".cache": true,
	".idea": true, ".vscode": true, ".vs": true,
	".clnrm": true, "clnrm-renderings": true,
}

// litterSuffixes and litterPrefixes mark what editors leave beside a file while
// they save it.
var (
	litterSuffixes = []string{"~", ".swp", ".swx", ".swo", "___jb_tmp___", "___jb_old___", ".bck", ".tmp"}
	litterPrefixes = []string{".#", ".goutputstream-", ".~lock."}
)

// Ignored reports whether the base name of a file (dir false) or directory (dir
// true) is excluded by the built-in rules. A path that the user names as a root
// is watched all the same.
func Ignored(base string, dir bool) bool {
	if dir {
		return ignoredDirs[base]
	}
	for _, s := range litterSuffixes {
		if strings.HasSuffix(base, s) {
			return true
		}
	}
	for _, p := range litterPrefixes {
		if strings.HasPrefix(base, p) {
			return true
		}
	}
	switch {
	case base == "4913": // vim asks with it whether the folder is writable
		return true
	case len(base) > 1 && base[0] == '#' && base[len(base)-1] == '#': // emacs
		return true
	case len(base) == 9 && strings.HasPrefix(base, "sed"): // sed -i: sed and six characters
		return true
	}
	return false
}
