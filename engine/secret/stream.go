package secret

import ()

// Stream masks a stream of bytes that comes in chunks. What it returns for all
// chunks together is what Set.Bytes returns for all of them joined, wherever
// they were cut. It keeps back only the end of a chunk that may begin a secret,
// at most the length of the longest form less one byte; of ordinary lines that
// is nothing once their line break is in. It belongs to one goroutine.
type Stream struct {
	set   *Set
	state int32
	held  []byte // read and not yet returned
	found []span // in held
	// masked says that a mask was returned last and stands for everything up to
	// the end of found[0], which begins at 0 and is empty or part of held.
	masked bool
}

// Stream returns a stream that hides the values of the set.
func (s *Set) Stream() *Stream { return &Stream{set: s} }

// Append reads a chunk, appends to dst what may be shown by now, and returns
// the extended dst. It keeps neither dst nor chunk, which must not overlap.
func (st *Stream) Append(dst, chunk []byte) []byte {
	if st.set == nil || st.set.find == nil {
		return append(dst, chunk...)
	}
	m := st.set.find
	at, t := len(st.held), chunk
	if at > 0 {
		st.held = append(st.held, chunk...)
		t = st.held
	}
	st.state, st.found = scan(m, t, at, st.state, st.found, false)
	safe := len(t) - int(m.nodes[st.state].live)
	dst = st.show(dst, t, safe)
	if at == 0 || safe > 0 {
		st.held = append(st.held[:0], t[safe:]...)
	}
	return dst
}

// Flush appends what is still kept back, at the end of the stream or wherever
// the bytes that follow do not belong to those before. The stream can be used
// again afterwards.
func (st *Stream) Flush(dst []byte) []byte {
	dst = st.show(dst, st.held, len(st.held))
	st.state, st.held, st.found, st.masked = 0, st.held[:0], st.found[:0], false
	return dst
}

// show appends the part of t before safe, where no occurrence can begin any
// more that is not in found, and moves found to where t[safe:] begins at 0.
func (st *Stream) show(dst, t []byte, safe int) []byte {
	from, n := 0, 0
	for n < len(st.found) && st.found[n].from <= safe || n == 0 && st.masked {
		s := st.found[n]
		if n > 0 || !st.masked {
			dst = append(append(dst, t[from:s.from]...), Mask...)
		}
		from = s.to
		n++
	}
	if from < safe {
		dst = append(dst, t[from:safe]...)
	}
	rest := st.found[n:]
	st.masked = n > 0 && from >= safe
	kept := st.found[:0]
	if st.masked {
		kept = append(kept, span{0, from - safe})
	}
	for _, s := range rest {
		kept = append(kept, span{s.from - safe, s.to - safe})
	}
	st.found = kept
	return dst
}
