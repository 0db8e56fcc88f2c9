package diff

import (
	"math/bits"
	"unicode/utf8"
)

// distance is the Levenshtein distance of two texts in characters: insertions,
// deletions and substitutions cost one each.
func distance(a, b string) int {
	if a == b {
		return 0
	}
	w := newWord(a)
	if w.short {
		return w.distance(b)
	}
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			step := diagonal
			if x[i] != y[j] {
				step++
			}
			diagonal = row[j+1]
			row[j+1] = min(step, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}

// word is a text prepared for being compared with many others: for every
// character, the places where it stands, a bit each (Myers 1999, Hyyrö 2003).
type word struct {
	text   string
	length int    // characters
	set    uint64 // which characters occur, folded into 64 bits
	short  bool   // at most 64 characters: the bits suffice
	ascii  [utf8.RuneSelf]uint64
	other  map[rune]uint64
}

func newWord(text string) *word {
	w := &word{text: text}
	for _, c := range text {
		w.set |= 1 << (c & 63)
		if w.length < 64 {
			if c < utf8.RuneSelf {
				w.ascii[c] |= 1 << w.length
			} else {
				if w.other == nil {
					w.other = map[rune]uint64{}
				}
				w.other[c] |= 1 << w.length
			}
		}
		w.length++
	}
	w.short = w.length <= 64
	return w
}

// near returns the distance to v when it is at most a third of the longer text.
func (w *word) near(v *word) (int, bool) {
	limit := (max(w.length, v.length) + 2) / 3
	if w.length-v.length > limit || v.length-w.length > limit ||
		bits.OnesCount64(w.set&^v.set) > limit || bits.OnesCount64(v.set&^w.set) > limit {
		return 0, false
	}
	var d int
	if w.short {
		d = w.distance(v.text)
	} else {
		d = distance(w.text, v.text)
	}
	return d, d <= limit
}

// distance works out one column of the table of all distances per character, all
// rows of it at once. What both texts begin and end with costs nothing.
func (w *word) distance(text string) int {
	length, skip := w.length, 0
	if w.other == nil { // all of it is ASCII: a character is a byte
		skip = commonPrefix(w.text, text)
		text = text[skip:]
		length -= skip
		for length > 0 && len(text) > 0 && w.text[skip+length-1] == text[len(text)-1] {
			length, text = length-1, text[:len(text)-1]
		}
	}
	if length == 0 {
		return utf8.RuneCountInString(text)
	}
	up, down := ^uint64(0), uint64(0)
	d, last := length, uint64(1)<<(length-1)
	for _, c := range text {
		var eq uint64
		if c < utf8.RuneSelf {
			eq = w.ascii[c]
		} else {
			eq = w.other[c]
		}
		eq >>= skip
		x := eq | down
		h := ((eq&up + up) ^ up) | eq
		plus, minus := down|^(h|up), up&h
		if plus&last != 0 {
			d++
		} else if minus&last != 0 {
			d--
		}
		plus, minus = plus<<1|1, minus<<1
		up, down = minus|^(x|plus), plus&x
	}
	return d
}

// commonPrefix is the number of bytes that both texts begin with.
func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
