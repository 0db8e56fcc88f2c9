//go:build !linux

package watch

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/rjeczalik/notify"
)

// nativeName is what Stats.Mode says when events are in use.
const nativeName = "native"

// events are what a directory is watched for.
var events = []notify.Event{notify.All}

// structural reports whether e can mean that a name appeared or vanished.
func structural(e notify.Event) bool {
	return e&(notify.Create|notify.Remove|notify.Rename) != 0
}

// complete reports whether e says that a writer is done with the file; the
// portable events never do.
func complete(notify.Event) bool { return false }

// eventlessAt returns the name of the file system at path when it gives no
// reliable events; here it cannot be told, and the sweep has to do.
func eventlessAt(string) string { return "" }

// isLimit reports whether err says that the system allows no further watch.
func isLimit(err error) bool { return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) }

// limitProblem says which limit was reached and the way out.
func limitProblem(_ error, armed, polled int) string {
	return fmt.Sprintf("open file limit reached: %d directories are watched, %d are polled; raise it with: ulimit -n 65536", armed, polled)
}
