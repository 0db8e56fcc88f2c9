package template

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// The test files of a project are alike, whichever of them comes first.
func TestPacksOfTextsThatAreAlikeAreSmall(t *testing.T) {
	var k packer
	pack := func(text string) (p, plain int) {
		t.Helper()
		blob, like := k.pack([]byte(text))
		if got, err := io.ReadAll(like.reader(blob)); err != nil || string(got) != text {
			t.Fatalf("%q became %q, %v", text, got, err)
		}
		return len(blob), len(text)
	}
	pack("something quite different, which happens to be the first")
	style := func(kind string, i int) string {
		r := rand.New(rand.NewPCG(1, uint64(len(kind)))) // the same words in all of a kind
		var b strings.Builder
		for range 40 {
			fmt.Fprintf(&b, "%s_%x = \"%x\"\n", kind, r.Uint64(), r.Uint64())
		}
		return fmt.Sprintf("name = \"%s %d\"\n%s", kind, i, b.String())
	}
	pack(style("span", 0))
	pack(style("service", 0))
	for i := range 50 {
		for _, kind := range []string{"span", "service"} {
			if n, plain := pack(style(kind, i+1)); n > plain/10 {
				t.Fatalf("%s %d: %d bytes of %d", kind, i+1, n, plain)
			}
		}
	}
}

// Where texts have nothing in common, a sample cannot help, and is not tried for ever.
func TestASampleLearnsOnlySoOften(t *testing.T) {
	var k packer
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		text := make([]byte, 3000)
		for i := range text {
			text[i] = byte(r.Uint32())
		}
		k.pack(text)
	}
	if k.samples != maxSamples || len(k.like.text) != sampleBytes {
		t.Errorf("%d samples, the last of %d bytes", k.samples, len(k.like.text))
	}
}

// What was packed with different samples is compared by what it holds.
func TestPacksAreEqualWhateverTheirSamples(t *testing.T) {
	var k packer
	pack := func(text string) *Packed {
		all := make([]byte, 0, 100)
		for _, part := range []string{text, "rendered", "{}"} {
			all = append(append(all, byte(len(part))), part...)
		}
		p := &Packed{path: "a"}
		p.blob, p.like = k.pack(all)
		return p
	}
	first := pack("one text")
	k.learn([]byte("another text"))
	if again := pack("one text"); again.like == first.like || !first.Equal(again) || !again.Equal(first) {
		t.Error("the same packed with another sample is not equal")
	}
	if other := pack("two text"); first.Equal(other) {
		t.Error("different texts are equal")
	}
}
