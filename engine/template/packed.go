package template

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"
	"unique"
)

// Packed is a rendering in little memory: the source of the template, the text
// and the source map, compressed together. The texts of macro files and includes
// that the map points into are shared by all that point into them. It is
// immutable.
type Packed struct {
	path  string
	blob  []byte
	like  *sample
	texts []unique.Handle[string] // of writtenFile, in their order
}

// Unpacked is what was packed.
type Unpacked struct {
	Source, Text []byte
	Map          *Restored
}

// Pack puts away the rendering of source.
func (r *Result) Pack(source []byte) *Packed {
	return pack(r.path, source, r.Text, r.written())
}

// Pack puts away the rendering of source.
func (r *Restored) Pack(source []byte) *Packed {
	w := r.m
	w.Files, w.Sites = slices.Clone(w.Files), slices.Clone(w.Sites)
	for i := range w.Sites {
		s := &w.Sites[i]
		s.Via = slices.Clone(s.Via)
		for k := range s.Via {
			if s.Via[k].Pos.File == r.path {
				s.Via[k].Pos.File = ""
			}
		}
	}
	return pack(r.path, source, r.text, w)
}

// PackSource puts away the text of a template that has no rendering.
func PackSource(path string, source []byte) *Packed {
	return pack(path, source, nil, written{Plain: true})
}

func pack(path string, source, text []byte, w written) *Packed {
	p := &Packed{path: path}
	for i := range w.Files {
		p.texts = append(p.texts, unique.Make(w.Files[i].Text))
		w.Files[i].Text = ""
	}
	places, err := json.Marshal(w)
	must(err)
	var all []byte
	for _, part := range [][]byte{source, text, places} {
		all = append(binary.AppendUvarint(all, uint64(len(part))), part...)
	}
	p.blob, p.like = packing.pack(all)
	return p
}

// must is for what cannot fail: packs are made and read in memory and never
// leave the process.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Equal reports whether two packs hold the same.
func (p *Packed) Equal(o *Packed) bool {
	switch {
	case p == o:
		return true
	case p.path != o.path || !slices.Equal(p.texts, o.texts):
		return false
	case p.like == o.like:
		return bytes.Equal(p.blob, o.blob)
	}
	return slices.EqualFunc(p.parts(3), o.parts(3), bytes.Equal)
}

// Source returns the text of the template.
func (p *Packed) Source() []byte { return p.parts(1)[0] }

// Unpack takes everything out.
func (p *Packed) Unpack() Unpacked {
	parts := p.parts(3)
	m, err := Restore(p.path, parts[0], parts[1], parts[2])
	must(err)
	for i := range m.m.Files {
		m.m.Files[i].Text = p.texts[i].Value()
	}
	return Unpacked{Source: parts[0], Text: parts[1], Map: m}
}

// parts reads the first n parts.
func (p *Packed) parts(n int) [][]byte {
	d := p.like.reader(p.blob)
	defer decompressors.Put(d)
	in := &byteReader{r: d}
	parts := make([][]byte, n)
	for i := range parts {
		size, err := binary.ReadUvarint(in)
		must(err)
		parts[i] = make([]byte, size)
		_, err = io.ReadFull(d, parts[i])
		must(err)
	}
	return parts
}

// byteReader reads single bytes, and none ahead.
type byteReader struct {
	r   io.Reader
	one [1]byte
}

// ReadByte implements io.ByteReader.
func (b *byteReader) ReadByte() (byte, error) {
	_, err := io.ReadFull(b.r, b.one[:])
	return b.one[0], err
}
