package watch

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/rjeczalik/notify"
)

// nativeName is what Stats.Mode says when events are in use.
const nativeName = "inotify"

// events are what a directory is watched for. The Linux names are used instead
// of the portable ones because only they tell a close after writing, a rename
// into place and a change of permissions.
var events = []notify.Event{
	notify.InCreate, notify.InMovedTo, notify.InMovedFrom, notify.InDelete,
	notify.InModify, notify.InCloseWrite, notify.InAttrib,
	notify.InDeleteSelf, notify.InMoveSelf,
}

// structural reports whether e can mean that a name appeared or vanished.
func structural(e notify.Event) bool {
	return e&(notify.InCreate|notify.InMovedTo|notify.InMovedFrom|notify.InDelete|notify.InDeleteSelf|notify.InMoveSelf) != 0
}

// complete reports whether e says that a writer is done with the file: it was
// closed, or it was moved into place.
func complete(e notify.Event) bool { return e&(notify.InCloseWrite|notify.InMovedTo) != 0 }

// eventless are the types of file systems that report no events, or only those
// of this machine, by the magic number of statfs(2).
var eventless = map[int64]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xfe534d42: "SMB2",
	0xff534d42: "CIFS",
	0x01021997: "9p",
	0x65735546: "FUSE",
	0x786f4256: "vboxsf",
	0x7c7c6673: "Parallels",
	0x73757245: "Coda",
	0x5346414f: "AFS",
	0x00c36400: "Ceph",
	0xbacbacbc: "vmhgfs",
}

// eventlessAt returns the name of the file system at path when it gives no
// reliable events, else "".
func eventlessAt(path string) string {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return "" // arming or listing the directory will tell
	}
	return eventless[int64(st.Type)&0xffffffff] //nolint:unconvert // 32 bits wide on some architectures
}

// isLimit reports whether err says that the system allows no further watch.
func isLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// limitProblem says which limit was reached and the exact way out.
func limitProblem(err error, armed, polled int) string {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Sprintf("inotify watch limit reached (%s): %d directories are watched, %d are polled; raise it with: sudo sysctl fs.inotify.max_user_watches=524288",
			limitOf("max_user_watches"), armed, polled)
	}
	return fmt.Sprintf("inotify instance or open file limit reached (%s instances): %d directories are polled; raise it with: sudo sysctl fs.inotify.max_user_instances=1024",
		limitOf("max_user_instances"), polled)
}

func limitOf(name string) string {
	b, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}
