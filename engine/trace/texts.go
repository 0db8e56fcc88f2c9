package trace

import (
	"encoding/hex"
	"strings"
)

// texts makes strings that live as long as the spans of a run, many in one piece
// of memory.
type texts struct{ b strings.Builder }

// textsSize is the size of such a piece in bytes.
const textsSize = 32 << 10

// hex returns the lower-case hex digits of an id.
func (t *texts) hex(id []byte) string {
	var digits [32]byte
	n := hex.Encode(digits[:], id)
	return t.keep(digits[:n])
}

// keep returns raw as a string.
func (t *texts) keep(raw []byte) string {
	if t.b.Cap()-t.b.Len() < len(raw) {
		if len(raw) > textsSize/8 {
			return string(raw)
		}
		t.b = strings.Builder{}
		t.b.Grow(textsSize)
	}
	at := t.b.Len()
	t.b.Write(raw)
	return t.b.String()[at:]
}

// idCache knows the trace ids met lately: all spans of a trace share one text.
type idCache struct{ places []string }

// text returns the hex digits of a trace id of 16 bytes.
func (c *idCache) text(raw []byte, t *texts) string {
	var digits [32]byte
	hex.Encode(digits[:], raw)
	return c.digits(digits[:], t)
}

// digits returns 32 hex digits as a string.
func (c *idCache) digits(digits []byte, t *texts) string {
	if c.places == nil {
		c.places = make([]string, 256)
	}
	place := &c.places[(digits[31]^digits[29]<<4^digits[15])&255]
	if *place != string(digits) {
		*place = t.keep(digits)
	}
	return *place
}
