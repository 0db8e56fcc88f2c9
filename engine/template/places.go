package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// written is a source map as it is written down. It holds the text of the macro
// files and includes that it points into, so that it can be read without them;
// that of the template itself is left out: who reads the map has it.
type written struct {
	// Plain says that the file was no template: the text is the source.
	Plain bool          `json:"plain,omitempty"`
	Files []writtenFile `json:"files"`
	Sites []writtenSite `json:"sites"`
	// Segments are triples: from which byte of the text on, the offset in the
	// file (complemented for a value), and the site.
	Segments [][3]int `json:"segments"`
}

type writtenFile struct {
	Name string `json:"name"` // "" for the template itself
	Text string `json:"text"`
}

// writtenSite is a use of a file: where a macro was called, or a file included.
type writtenSite struct {
	File int          `json:"file"`
	Via  []diag.Frame `json:"via,omitempty"`
}

// EncodeMap writes the source map of the result down, for Restore; the template
// may have another path then.
func (r *Result) EncodeMap() ([]byte, error) { return json.Marshal(r.written()) }

// written is the source map of the result as it is written down.
func (r *Result) written() written {
	w := written{Plain: r.out == nil}
	if !w.Plain {
		files, sites := map[string]int{}, map[int32]int{}
		r.out.Out.Segments(func(out, src int, site int32) {
			at, known := sites[site]
			if !known {
				p := r.out.Site(site)
				s := writtenSite{File: r.file(&w, files, p.Name, p.Unit.Src), Via: frames(r.out.Via(site))}
				for i := range s.Via {
					s.Via[i].Pos.File = r.nameless(s.Via[i].Pos.File)
				}
				at = len(w.Sites)
				sites[site], w.Sites = at, append(w.Sites, s)
			}
			w.Segments = append(w.Segments, [3]int{out, src, at})
		})
	}
	return w
}

// file returns the number of a file in the map.
func (r *Result) file(w *written, known map[string]int, name, text string) int {
	at, ok := known[name]
	if !ok {
		f := writtenFile{Name: r.nameless(name)}
		if f.Name != "" {
			f.Text = text
		}
		at = len(w.Files)
		known[name], w.Files = at, append(w.Files, f)
	}
	return at
}

// nameless leaves the template's own name out.
func (r *Result) nameless(name string) string {
	if name == r.path {
		return ""
	}
	return name
}

// Restored is a rendering that was written down. It is immutable.
type Restored struct {
	path, src string
	text      []byte
	m         written
}

// Restore reads back a rendering of the template src at path: its text and what
// EncodeMap wrote. The error says that the map cannot belong to such a text.
func Restore(path string, src, text, encoded []byte) (*Restored, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")) // as Render does
	r := &Restored{path: path, src: string(src), text: text}
	if err := json.Unmarshal(encoded, &r.m); err != nil {
		return nil, fmt.Errorf("source map: %w", err)
	}
	before := -1
	for i, s := range r.m.Segments {
		if s[2] < 0 || s[2] >= len(r.m.Sites) || s[0] < before || s[0] > len(text) {
			return nil, fmt.Errorf("source map: segment %d does not fit", i)
		}
		before = s[0]
	}
	for i := range r.m.Sites {
		s := &r.m.Sites[i]
		if s.File < 0 || s.File >= len(r.m.Files) {
			return nil, fmt.Errorf("source map: site %d names no file", i)
		}
		for k := range s.Via {
			if s.Via[k].Pos.File == "" {
				s.Via[k].Pos.File = path
			}
		}
	}
	return r, nil
}

// Locate implements the Locator of package spec; it agrees with Result.Locate.
func (r *Restored) Locate(offset int) (diag.Position, string, []diag.Frame) {
	offset = max(0, min(offset, len(r.text)))
	segments := r.m.Segments
	if r.m.Plain {
		pos, line := place(r.path, r.src, offset)
		return pos, line, nil
	}
	i := sort.Search(len(segments), func(i int) bool { return segments[i][0] > offset }) - 1
	if i < 0 {
		return diag.Position{File: r.path, Line: 1, Column: 1}, "", nil
	}
	s := segments[i]
	off := s[1] + offset - s[0]
	if s[1] < 0 {
		off = ^s[1]
	}
	site := &r.m.Sites[s[2]]
	f := r.m.Files[site.File]
	if f.Name == "" {
		f = writtenFile{Name: r.path, Text: r.src}
	}
	pos, line := place(f.Name, f.Text, off)
	return pos, line, site.Via
}
