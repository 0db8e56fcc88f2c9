package spec

import (
	"fmt"
	"strconv"
	"strings"
)

var volumeTable = newTable(unknownKey,
	str("host_path", func(v *Volume) *string { return &v.Host }).or("source"),
	str("container_path", func(v *Volume) *string { return &v.Container }).or("target"),
	boolean("read_only", func(v *Volume) *bool { return &v.ReadOnly }),
)

// volumeList reads volumes as tables or as "host:container[:ro]".
func volumeList(d *decoder, path string, e *entry, s *serviceDraft) bool {
	if e.val.kind != kindArray {
		return false
	}
	for _, it := range e.val.items {
		v := Volume{Pos: d.pos(it.at)}
		switch it.kind {
		case kindTable:
			volumeTable.decode(d, join(path, e.key), it, &v)
		case kindString:
			if err := v.parse(it.text); err != nil {
				d.errorf(it.at, "invalid-volume", `write "./data:/app/data" or "./data:/app/data:ro"`, "%s", err)
				continue
			}
		default:
			return false
		}
		s.Volumes = append(s.Volumes, v)
	}
	return true
}

// parse reads the short form of a volume.
func (v *Volume) parse(text string) error {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return fmt.Errorf("%q is not a volume", text)
	}
	v.Host, v.Container = parts[0], parts[1]
	if len(parts) == 3 {
		switch parts[2] {
		case "ro":
			v.ReadOnly = true
		case "rw":
		default:
			return fmt.Errorf("the option %q of volume %q is neither ro nor rw", parts[2], text)
		}
	}
	return nil
}

var tmpfsTable = newTable(unknownKey,
	str("path", func(t *Tmpfs) *string { return &t.Path }),
	integer("size_mb", func(t *Tmpfs) *int { return &t.SizeMB }),
)

// tmpfsList reads directories in memory as paths, "path:size=64m", or tables.
func tmpfsList(d *decoder, path string, e *entry, s *serviceDraft) bool {
	items := e.val.items
	if e.val.kind == kindString {
		items = []*node{e.val}
	} else if e.val.kind != kindArray {
		return false
	}
	for _, it := range items {
		t := Tmpfs{Pos: d.pos(it.at)}
		switch it.kind {
		case kindTable:
			tmpfsTable.decode(d, join(path, e.key), it, &t)
		case kindString:
			if err := t.parse(it.text); err != nil {
				d.errorf(it.at, "invalid-volume", `write "/run", or "/run:size=64m"`, "%s", err)
				continue
			}
		default:
			return false
		}
		s.Tmpfs = append(s.Tmpfs, t)
	}
	return true
}

// parse reads the short form of a directory in memory.
func (t *Tmpfs) parse(text string) error {
	var options string
	t.Path, options, _ = strings.Cut(text, ":")
	if options == "" {
		return nil
	}
	size, ok := strings.CutPrefix(options, "size=")
	if !ok {
		return fmt.Errorf("the option %q of tmpfs %q is not size=…", options, text)
	}
	mb, err := parseMegabytes(size)
	if err != nil {
		return fmt.Errorf("tmpfs %q: %w", text, err)
	}
	t.SizeMB = mb
	return nil
}

// parseMegabytes reads an amount of memory such as "512m", "2g" or "65536k", in
// units of 1024. Less than a megabyte is refused, and so is a number alone:
// nobody knows whether bytes are meant.
func parseMegabytes(text string) (int, error) {
	lower := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "b"), "i")
	if lower == "" {
		return 0, fmt.Errorf("%q is not an amount of memory such as 64m", text)
	}
	shift, known := map[byte]int{'k': -10, 'm': 0, 'g': 10}[lower[len(lower)-1]]
	n, err := strconv.ParseUint(strings.TrimSpace(lower[:len(lower)-1]), 10, 32)
	if !known || err != nil {
		return 0, fmt.Errorf("%q is not an amount of memory such as 64m", text)
	}
	if shift < 0 {
		n >>= -shift
	} else {
		n <<= shift
	}
	if n == 0 || n > 1<<24 {
		return 0, fmt.Errorf("%q is not between 1m and 16384g", text)
	}
	return int(n), nil
}

// memory is an amount of memory in a string.
func memory[T any](name string, to func(*T) *int) field[T] {
	return field[T]{name: name, schema: text, shape: `an amount of memory such as "512m"`, set: func(d *decoder, _ string, e *entry, into *T) bool {
		if e.val.kind != kindString {
			return false
		}
		mb, err := parseMegabytes(e.val.text)
		if err != nil {
			d.errorf(e.val.at, "invalid-limit", `write a number and a unit: "64m", "2g"`, "%s", err)
			return true
		}
		*to(into) = mb
		return true
	}}
}

// atLeastOne is a limit: a whole number from 1 up.
func atLeastOne[T any](name string, to func(*T) *int) field[T] {
	return field[T]{name: name, schema: of(object{"type": "integer", "minimum": 1}), shape: "an integer from 1 up", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		*to(into) = int(min(e.val.num, 1<<24)) // more than any machine has
		return e.val.kind == kindInt && e.val.num >= 1
	}}
}

// leastMillicores is the smallest share of a processor that engines give.
const leastMillicores = 10

var limitsTable = newTable(unknownKey,
	atLeastOne("cpu_millicores", func(l *Limits) *int { return &l.CPUMillicores }),
	field[Limits]{name: "cpus", schema: of(object{"type": "number", "exclusiveMinimum": 0}), shape: "a number of processors such as 0.5", set: func(_ *decoder, _ string, e *entry, l *Limits) bool {
		n, ok := e.val.number()
		if !ok || n*1000 < leastMillicores || n > 1024 {
			return false
		}
		l.CPUMillicores = int(n * 1000)
		return true
	}},
	atLeastOne("memory_mb", func(l *Limits) *int { return &l.MemoryMB }),
	memory("memory", func(l *Limits) *int { return &l.MemoryMB }),
	atLeastOne("pids", func(l *Limits) *int { return &l.Pids }),
)
