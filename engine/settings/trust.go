package settings

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// Foreign reports whether something that was found above the folder that is
// worked on belongs to somebody else, and to whom: to neither the user of this
// process, nor root, nor the owner of the folder, whose tests are about to be
// executed anyway. A link counts by its own owner, too. What is not there
// belongs to nobody.
func Foreign(path, folder string) (owner string, foreign bool) {
	for _, stat := range []func(string) (os.FileInfo, error){os.Lstat, os.Stat} {
		uid, known := ownerOf(stat, path)
		if !known || uid == 0 || int(uid) == os.Geteuid() {
			continue
		}
		if theirs, known := ownerOf(os.Stat, folder); !known || theirs != uid {
			return nameOf(uid), true
		}
	}
	return "", false
}

func ownerOf(stat func(string) (os.FileInfo, error), path string) (uid uint32, known bool) {
	info, err := stat(path)
	if err != nil {
		return 0, false
	}
	st, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return st.Uid, true
}

// nameOf is the name of a user, or the number of one without.
func nameOf(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "user " + id
}
