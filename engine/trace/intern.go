package trace

import "hash/maphash"

// interner hands out the same string, and the same interface around it, for
// texts that it has met lately: names, methods, states and ids of parents come
// again and again, and in a large trace each of them once is enough. Its memory
// is bounded: a text that falls on the place of another replaces it.
type interner struct {
	texts []any // strings, by hash; nil until the first
}

const (
	internPlaces = 1 << 12
	// internLongest is the longest text in bytes that is looked up: longer ones
	// rarely repeat.
	internLongest = 64
)

// text returns the string of raw as an interface.
func (n *interner) text(raw []byte) any {
	if len(raw) > internLongest {
		return string(raw)
	}
	if n.texts == nil {
		n.texts = make([]any, internPlaces)
	}
	place := &n.texts[maphash.Bytes(idSeed, raw)%internPlaces]
	if known, ok := (*place).(string); ok && known == string(raw) {
		return *place
	}
	*place = string(raw)
	return *place
}

// smallInts are interfaces around the numbers from 0 on: states, sizes and
// counts are mostly among them.
var smallInts = func() (list [1024]any) {
	for i := range list {
		list[i] = int64(i)
	}
	return list
}()

// boxed returns n as an interface.
func boxed(n int64) any {
	if n >= 0 && n < int64(len(smallInts)) {
		return smallInts[n]
	}
	return n
}
