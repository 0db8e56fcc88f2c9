package template

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
	"sync"
)

// packing compresses what is packed.
var packing packer

// sample is a text whose words packs use, for the test files of a project are alike:
// it makes them several times smaller than each by itself. It is immutable.
type sample struct{ text []byte }

const (
	// sampleBytes bounds a sample.
	sampleBytes = 16 << 10
	// poorly packed is what takes more than one poorly-th of its text.
	poorly = 8
	// maxOut is what a pack mostly stays below.
	maxOut = 64 << 10
	// maxSamples bounds how often a sample learns from what is packed poorly: where
	// texts have nothing in common that helps nothing.
	maxSamples = 16
)

// packer keeps one compressor, since it takes a megabyte, and makes a pack in some
// ten microseconds.
type packer struct {
	mu      sync.Mutex
	like    *sample // nil before the first pack
	samples int     // that there have been
	out     bytes.Buffer
	to      *flate.Writer // to out
}

// pack returns text in little memory, and the sample that it takes to read it.
func (k *packer) pack(text []byte) ([]byte, *sample) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.like == nil {
		k.learn(text)
	}
	k.compress(text)
	if k.out.Len() > len(text)/poorly && k.samples < maxSamples {
		k.learn(text)
		k.compress(text)
	}
	return bytes.Clone(k.out.Bytes()), k.like
}

// learn adds text to the sample. The caller holds mu.
func (k *packer) learn(text []byte) {
	var known []byte
	if k.like != nil {
		known = k.like.text
	}
	all := slices.Concat(known, text[:min(len(text), sampleBytes)])
	k.like = &sample{bytes.Clone(all[max(0, len(all)-sampleBytes):])}
	k.samples++
	var err error
	k.to, err = flate.NewWriterDict(&k.out, flate.DefaultCompression, k.like.text)
	must(err)
}

// compress puts text into out, which does not stay large for one that is. The caller
// holds mu.
func (k *packer) compress(text []byte) {
	if k.out.Reset(); k.out.Cap() > maxOut {
		k.out = bytes.Buffer{}
	}
	k.to.Reset(&k.out)
	_, err := k.to.Write(text)
	must(err)
	must(k.to.Close())
}

// decompressors are kept: a new one takes more memory than what it reads.
var decompressors = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// reader reads what was packed with the sample s. It goes back to decompressors.
func (s *sample) reader(packed []byte) io.ReadCloser {
	d := decompressors.Get().(io.ReadCloser)
	must(d.(flate.Resetter).Reset(bytes.NewReader(packed), s.text))
	return d
}
