package cache

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// Where says where far stores keep their records.
type Where struct {
	Dir      string // of the disk store that names none, absolute
	Base     string // what relative folders start from, absolute
	MaxBytes int64  // of a disk store; 0 means DefaultDiskBytes
}

// CheckSpec returns an error that names what is possible when spec is none of
// "memory", "disk", "disk:DIR" and the address of a Redis server.
func CheckSpec(spec string) error {
	_, _, err := split(spec)
	return err
}

// split takes a specification apart.
func split(spec string) (kind, rest string, err error) {
	switch {
	case spec == "memory" || spec == "disk":
		return spec, "", nil
	case strings.HasPrefix(spec, "disk:") && spec != "disk:":
		return "disk", spec[len("disk:"):], nil
	case isRedis(spec):
		return "redis", spec, nil
	}
	return "", "", fmt.Errorf("a cache is memory, disk, disk:DIR or redis://HOST:PORT, not %q", withoutPassword(spec))
}

// Open opens the far stores of a list of specifications, nearest first; "memory"
// stands for none, since the memory of the process is always the nearest. An
// error that wraps [ErrUnreachable] is the environment's fault; stores that could
// be opened are returned beside it.
func Open(ctx context.Context, specs []string, w Where) ([]Blobs, error) {
	var out []Blobs
	var unreachable error
	for _, spec := range specs {
		kind, rest, err := split(spec)
		if err != nil {
			return out, err
		}
		var b Blobs
		switch kind {
		case "memory":
			continue
		case "disk":
			dir := w.Dir
			if rest != "" {
				if dir = rest; !filepath.IsAbs(dir) {
					dir = filepath.Join(w.Base, dir)
				}
			}
			if b, err = NewDisk(dir, w.MaxBytes); err != nil {
				err = fmt.Errorf("%w: %w", ErrUnreachable, err)
			}
		default:
			b, err = NewRedis(ctx, rest)
		}
		if err != nil {
			unreachable = err
			continue
		}
		out = append(out, b)
	}
	return out, unreachable
}
