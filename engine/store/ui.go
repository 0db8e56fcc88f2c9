package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// uiFile is what a surface remembers of a project, beside the records.
const uiFile = "ui.json"

// LoadUI returns what SaveUI wrote last; nil without an error when there is
// nothing.
func (s *Store) LoadUI() ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(s.dir), uiFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the dashboard remembers: %w", err)
	}
	return data, nil
}

// Exists reports whether the project has a state folder.
func (s *Store) Exists() bool {
	_, err := os.Lstat(filepath.Dir(s.dir))
	return err == nil
}

// SaveUI keeps data for the next start. A crash leaves the old or the new data.
func (s *Store) SaveUI(data []byte) error {
	dir := filepath.Dir(s.dir)
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = s.ignore()
	}
	if err == nil {
		err = writeFile(filepath.Join(dir, uiFile), data)
	}
	if err != nil {
		return fmt.Errorf("keep what the dashboard remembers: %w", err)
	}
	return nil
}

// Export lets write fill a new file of that name among the exports, and returns
// its path. A file that exists already, and a write that fails, are errors and
// leave nothing behind.
func (s *Store) Export(name string, write func(io.Writer) error) (_ string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("export %s: %w", name, err)
		}
	}()
	dir := filepath.Join(filepath.Dir(s.dir), "exports")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := s.ignore(); err != nil {
		return "", err
	}
	file := filepath.Join(dir, name)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file))
	}
	return file, nil
}
