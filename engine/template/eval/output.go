package eval

import (
	"errors"
	"sort"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// errTooLong is the sticky error of an Output that has reached its limit.
var errTooLong = errors.New("the output is too long")

// maxSegments bounds the source map (12 bytes each).
const maxSegments = 8 << 20

// segment says that the output from Out on comes from Src in the template of
// Site. Src is complemented when the output is a value, not copied text.
type segment struct {
	Out  uint32
	Src  int32
	Site int32
}

// Output collects rendered text and where each piece of it comes from.
type Output struct {
	Buf   []byte
	segs  []segment
	mapOf bool // false in captured parts: they are mapped where they are used
	stop  int  // source offset of what did not fit
	site  int32
	limit int
	err   error
}

// newOutput returns an output of at most limit bytes, with room for size bytes
// in so many pieces.
func newOutput(limit, size, pieces int) *Output {
	return &Output{mapOf: true, limit: limit, Buf: make([]byte, 0, min(size, limit)), segs: make([]segment, 0, pieces)}
}

// Pieces counts the pieces of the source map.
func (o *Output) Pieces() int { return len(o.segs) }

// text appends text of the template that stands at off.
func (o *Output) text(off int, s string) error {
	if len(o.Buf)+len(s) > o.limit {
		o.err = errTooLong
	}
	if o.err != nil {
		o.stop = off
		return o.err
	}
	o.mark(off, len(s))
	o.Buf = append(o.Buf, s...)
	return nil
}

// value appends the value of the expression at off.
func (o *Output) value(off int, v any) error {
	n := len(o.Buf)
	buf, ok := value.AppendText(o.Buf, v, o.limit)
	if !ok {
		o.err = errTooLong
		return o.err
	}
	o.mark(^off, len(buf)-n)
	o.Buf = buf
	return o.err
}

func (o *Output) mark(src, size int) {
	if size == 0 || !o.mapOf {
		return
	}
	if len(o.segs) >= maxSegments {
		o.err = errTooLong
		return
	}
	o.segs = append(o.segs, segment{uint32(len(o.Buf)), int32(src), o.site})
}

// Origin finds where the byte at offset comes from: the site, and the offset in
// its template; isValue says that it is the value of an expression there. ok is
// false when nothing was rendered.
func (o *Output) Origin(offset int) (site int32, src int, isValue, ok bool) {
	i := sort.Search(len(o.segs), func(i int) bool { return int(o.segs[i].Out) > offset }) - 1
	if i < 0 {
		return 0, 0, false, false
	}
	s := o.segs[i]
	if s.Src < 0 {
		return s.Site, int(^s.Src), true, true
	}
	return s.Site, int(s.Src) + max(0, offset-int(s.Out)), false, true
}

// Piece is a part of an output, or text of our own inserted before offset From.
type Piece struct {
	From, To int
	Text     string
}

// Rearrange returns an output made of pieces of o. Inserted text is mapped to
// the place of the byte before which it stands.
func (o *Output) Rearrange(pieces []Piece) *Output {
	out := &Output{mapOf: true, limit: o.limit, Buf: make([]byte, 0, len(o.Buf)+16), segs: make([]segment, 0, len(o.segs)+len(pieces))}
	for _, p := range pieces {
		i := max(0, sort.Search(len(o.segs), func(i int) bool { return int(o.segs[i].Out) > p.From })-1)
		if p.Text != "" && i < len(o.segs) {
			s := o.segs[i]
			if s.Src >= 0 {
				s.Src = ^(s.Src + int32(p.From) - int32(s.Out))
			}
			s.Out = uint32(len(out.Buf))
			out.segs = append(out.segs, s)
			out.Buf = append(out.Buf, p.Text...)
			continue
		}
		shift := len(out.Buf) - p.From
		for ; i < len(o.segs) && int(o.segs[i].Out) < p.To; i++ {
			s := o.segs[i]
			if cut := p.From - int(s.Out); cut > 0 {
				s.Out = uint32(p.From)
				if s.Src >= 0 {
					s.Src += int32(cut)
				}
			}
			s.Out = uint32(int(s.Out) + shift)
			out.segs = append(out.segs, s)
		}
		out.Buf = append(out.Buf, o.Buf[p.From:p.To]...)
	}
	return out
}

// Segments calls visit for every piece of the source map, in the order of the
// output: from which byte of it on, the offset in the template of the site,
// complemented when the piece is a value, and the site.
func (o *Output) Segments(visit func(out, src int, site int32)) {
	for _, s := range o.segs {
		visit(int(s.Out), int(s.Src), s.Site)
	}
}
