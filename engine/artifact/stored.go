package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Stored is a folder that is complete.
type Stored struct {
	Dir      string
	Manifest Manifest
}

// Find returns the folder of a scenario below base; nil when there is none. The
// error says that there is one and what is wrong with it.
func Find(base, file, scenario string) (*Stored, error) {
	s := &Stored{Dir: Path(base, file, scenario)}
	text, err := os.ReadFile(filepath.Join(s.Dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s.Manifest)
	}
	if err != nil {
		return nil, fmt.Errorf("artifacts in %s: %w", s.Dir, err)
	}
	if m := &s.Manifest; m.Schema != schema || m.File != file || m.Scenario != scenario {
		return nil, fmt.Errorf("artifacts in %s: the manifest is of another version, or of another scenario", s.Dir)
	}
	return s, nil
}

// Read returns a file of the folder; nil when the manifest has none of that name.
// One that is not as it was written, or not whole, is an error.
func (s *Stored) Read(name string) ([]byte, error) {
	i := slices.IndexFunc(s.Manifest.Files, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil, nil
	}
	f := &s.Manifest.Files[i]
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	defer root.Close()
	data, err := root.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	if sum := sha256.Sum256(data); f.Cut || hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, fmt.Errorf("artifacts: %s is not whole, or was changed", filepath.Join(s.Dir, name))
	}
	return data, nil
}
