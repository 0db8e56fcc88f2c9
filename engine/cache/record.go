package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// recordMagic begins every record; another number is another form.
const recordMagic = "clnrm.cache/1\n"

// maxRecord is the size of the largest record that is read or written, in bytes.
const maxRecord = 16 << 20

// errDamaged says that a record is not what was written.
var errDamaged = errors.New("damaged")

// seal is the form in which a value outlives the process: its JSON behind a
// hash over it, and over the name that it is kept under.
func seal(name string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sealOf(name, body)
	return append(append([]byte(recordMagic), sum[:]...), body...), nil
}

// unseal reads what seal has written under the same name. Anything else, be it
// cut off, changed or another one's, is an error.
func unseal(name string, data []byte, into any) error {
	rest, ok := bytes.CutPrefix(data, []byte(recordMagic))
	if !ok || len(rest) < sha256.Size {
		return fmt.Errorf("%w: it is no record", errDamaged)
	}
	sum, body := [sha256.Size]byte(rest[:sha256.Size]), rest[sha256.Size:]
	if sealOf(name, body) != sum {
		return fmt.Errorf("%w: its content does not match its hash", errDamaged)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}

func sealOf(name string, body []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(appendString(nil, name))
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// traced is what is kept of the closures that one template was met with: the
// names of what they read, newest first. Their keys cannot be computed without
// the names, so the names must outlive the process as well.
type traced struct {
	Closures []Closure `json:"closures"`
}

// closuresKept is how many sets of names are remembered for one content.
const closuresKept = 8

// add puts a closure in front; names that are there already are not repeated.
func (n *traced) add(c Closure) {
	out := []Closure{c}
	for _, old := range n.Closures {
		if len(out) < closuresKept && !sameNames(&old, &c) {
			out = append(out, old)
		}
	}
	n.Closures = out
}

// sameNames reports whether two closures read the same files and variables.
func sameNames(a, b *Closure) bool {
	if len(a.Deps) != len(b.Deps) || len(a.Env) != len(b.Env) {
		return false
	}
	for i := range a.Deps {
		if a.Deps[i].Path != b.Deps[i].Path {
			return false
		}
	}
	for i := range a.Env {
		if a.Env[i].Name != b.Env[i].Name {
			return false
		}
	}
	return true
}
