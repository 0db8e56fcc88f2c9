package agent

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// identity is whom a program runs as.
type identity struct {
	credential *syscall.Credential
	home       string
}

// lookupUser resolves USER[:GROUP], names or numbers, with the files of the
// container, as a container engine does. An empty text means no change.
func lookupUser(text string) (*identity, error) {
	if text == "" {
		return nil, nil
	}
	passwd, err := table("/etc/passwd")
	if err != nil {
		return nil, err
	}
	groups, err := table("/etc/group")
	if err != nil {
		return nil, err
	}
	return resolveUser(text, passwd, groups)
}

// table reads a colon separated file; a missing one is empty.
func table(path string) ([][]string, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up the user: %w", err)
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Split(strings.TrimSpace(line), ":"))
	}
	return rows, nil
}

// resolveUser does what lookupUser says, over the rows of the two files.
func resolveUser(text string, passwd, groups [][]string) (*identity, error) {
	name, group, hasGroup := strings.Cut(text, ":")
	id := &identity{credential: &syscall.Credential{}, home: "/"}
	row := find(passwd, name, 7)
	switch uid, err := strconv.ParseUint(name, 10, 32); {
	case row != nil:
		u, uerr := strconv.ParseUint(row[2], 10, 32)
		g, gerr := strconv.ParseUint(row[3], 10, 32)
		if uerr != nil || gerr != nil {
			return nil, fmt.Errorf("user %s: /etc/passwd has no numbers for it", name)
		}
		id.credential.Uid, id.credential.Gid = uint32(u), uint32(g)
		id.home = row[5]
		name = row[0]
	case err == nil:
		id.credential.Uid = uint32(uid)
	default:
		return nil, fmt.Errorf("user %s: not in /etc/passwd of the image", name)
	}
	if !hasGroup {
		id.credential.Groups = memberships(groups, name)
		return id, nil
	}
	grow := find(groups, group, 3)
	if grow != nil {
		group = grow[2]
	}
	gid, err := strconv.ParseUint(group, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("group %s: not in /etc/group of the image", group)
	}
	id.credential.Gid = uint32(gid)
	return id, nil
}

// find returns the row with that name, or with that number in its third column.
func find(rows [][]string, key string, columns int) []string {
	for _, r := range rows {
		if len(r) >= columns && r[0] == key {
			return r
		}
	}
	for _, r := range rows {
		if len(r) >= columns && r[2] == key {
			return r
		}
	}
	return nil
}

// memberships lists the groups that name is a member of.
func memberships(groups [][]string, name string) []uint32 {
	var gids []uint32
	for _, r := range groups {
		if len(r) < 4 {
			continue
		}
		for m := range strings.SplitSeq(r[3], ",") {
			if g, err := strconv.ParseUint(r[2], 10, 32); err == nil && m == name {
				gids = append(gids, uint32(g))
			}
		}
	}
	return gids
}
