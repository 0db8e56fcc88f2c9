package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/group"
)

// home is the group that this process has moved to, so that the one in which it was
// can limit others. There is one for the process, however many makers it has.
var home struct {
	sync.Mutex
	users  int
	dir    string           // "" when it did not have to move
	parent string           // where it was
	given  []string         // controllers that were handed on
	denied map[string]error // those that could not be
}

// prepare has a group of version 2 hand its controllers on to groups below it. It
// returns those that it could not, with the reason.
func (m *Maker) prepare(p parent) (denied map[string]error, err error) {
	home.Lock()
	defer home.Unlock()
	if m.home {
		return home.denied, nil
	}
	if home.users == 0 {
		if err := settle(p, m.self); err != nil {
			return nil, errors.Join(err, leave())
		}
	}
	home.users++
	m.home = true
	return home.denied, nil
}

// settle moves this process and its children to a group of their own, unless they
// may stay, and hands the controllers on. The caller holds the lock.
func settle(p parent, self string) error {
	home.parent, home.dir, home.given, home.denied = p.dir(), "", nil, map[string]error{}
	if !isRoot(home.parent) {
		dir := filepath.Join(home.parent, self)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		home.dir = dir
		if err := move(home.parent, dir); err != nil {
			return err
		}
	}
	for _, c := range p.has {
		if err := control(home.parent, "+"+c); err != nil {
			home.denied[c] = fmt.Errorf("the controller %s cannot be handed on: %w", c, err)
		} else if home.dir != "" {
			home.given = append(home.given, c) // the root had better keep what others may use by now
		}
	}
	return nil
}

// move moves all processes of a group to another one, also those that are started
// meanwhile.
func move(from, to string) error {
	const rounds = 16
	for range rounds {
		members, err := group.Members(from)
		if err != nil || len(members) == 0 {
			return err
		}
		for _, pid := range members {
			err := os.WriteFile(filepath.Join(to, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0)
			if err != nil && pid == os.Getpid() {
				return err
			}
		}
	}
	return fmt.Errorf("not everything in %s could be moved to %s", from, to)
}

// control changes which controllers a group hands on.
func control(dir, change string) error {
	return os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte(change), 0)
}

// Close moves this process back to where it was, when no other maker needs it to
// be elsewhere. All groups that were made must be gone.
func (m *Maker) Close() error {
	home.Lock()
	defer home.Unlock()
	if !m.home {
		return nil
	}
	m.home = false
	if home.users--; home.users > 0 {
		return nil
	}
	return leave()
}

// leave undoes settle. The caller holds the lock.
func leave() error {
	if home.dir == "" {
		return nil
	}
	var errs []error
	for _, c := range home.given {
		errs = append(errs, control(home.parent, "-"+c))
	}
	if err := errors.Join(append(errs, move(home.dir, home.parent))...); err != nil {
		return fmt.Errorf("leave the control group %s: %w", home.dir, err)
	}
	dir := home.dir
	home.dir = ""
	return os.Remove(dir)
}
