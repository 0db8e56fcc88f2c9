package trace

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// scanner reads JSON values one after another. It exists beside encoding/json
// because recorded traces are read again on every start and replay: it decodes
// in one pass, keeps the order of keys, shares key strings and knows where it
// is in the data. What it accepts is what encoding/json accepts, except for
// nesting deeper than maxDepth.
//
// Values are nil, bool, string, number, []any and object.
type scanner struct {
	data  []byte
	pos   int
	depth int
	keys  map[string]string
	known interner
	// limit is how many elements of lists and objects may be held at a time, 0
	// any number; held is how many are.
	limit, held int
	// Work areas for the elements of the lists and objects that are open.
	items   []any
	members []member
	// Room for the elements of those that are complete.
	itemRoom   room[any]
	memberRoom room[member]
}

// object is a JSON object in the order of the text.
type object []member

type member struct {
	key   string
	value any
}

// number is the text of a JSON number.
type number string

// maxDepth bounds how deep lists and objects may go in a trace document. An
// attribute value of maxNesting levels, written down, stays below it.
const maxDepth = 1000

// syntaxError is a place at which data is not JSON.
type syntaxError struct {
	off int
	msg string
}

func (e *syntaxError) Error() string { return e.msg }

func (s *scanner) fail(format string, args ...any) error {
	return &syntaxError{off: s.pos, msg: fmt.Sprintf(format, args...)}
}

// unexpected says that the next character has no place here.
func (s *scanner) unexpected(wanted string) error {
	if s.pos >= len(s.data) {
		return s.fail("the JSON document ends too early")
	}
	r, _ := utf8.DecodeRune(s.data[s.pos:])
	return s.fail("not JSON: found %q instead of %s", r, wanted)
}

// mark is how much of the room was handed out at some moment.
type mark struct{ items, members, held int }

func (s *scanner) mark() mark { return mark{s.itemRoom.used, s.memberRoom.used, s.held} }

// release takes back the lists and objects read since a mark. A slice that was
// begun since then holds nothing else.
func (s *scanner) release(m mark) {
	s.itemRoom.used = min(s.itemRoom.used, m.items)
	s.memberRoom.used = min(s.memberRoom.used, m.members)
	s.held = m.held
}

// reset starts on new data. Values read before must not be used any more.
func (s *scanner) reset(data []byte) {
	s.data, s.pos, s.depth = data, 0, 0
	s.items, s.members = s.items[:0], s.members[:0]
	s.release(mark{})
	if s.keys == nil {
		s.keys = make(map[string]string)
	}
}

// only reads data as one value and nothing after it.
func (s *scanner) only(data []byte, value func() (any, error)) (any, error) {
	s.reset(data)
	s.space()
	v, err := value()
	if err == nil && s.space() {
		err = s.fail("unexpected text after the JSON value: %.20q", data[s.pos:])
	}
	return v, err
}

// space skips white space and reports whether anything follows.
func (s *scanner) space() bool {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return true
		}
	}
	return false
}

// value reads the next value; white space before it has been skipped.
func (s *scanner) value() (any, error) {
	if s.pos >= len(s.data) {
		return nil, s.unexpected("a value")
	}
	switch c := s.data[s.pos]; {
	case c == '{':
		return s.object(nil)
	case c == '[':
		return s.array(nil)
	case c == '"':
		return s.string()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return true, s.word("true")
	case c == 'f':
		return false, s.word("false")
	case c == 'n':
		return nil, s.word("null")
	default:
		return nil, s.unexpected("a value")
	}
}

func (s *scanner) word(w string) error {
	for i := range len(w) {
		if s.pos >= len(s.data) || s.data[s.pos] != w[i] {
			return s.unexpected("the word " + w)
		}
		s.pos++
	}
	return nil
}

// enter counts an opened list or object.
func (s *scanner) enter() error {
	if s.depth++; s.depth > maxDepth {
		return s.fail("not a trace: JSON nested deeper than %d levels", maxDepth)
	}
	s.pos++
	return nil
}

// hold counts an element of a list or object.
func (s *scanner) hold() error {
	if s.held++; s.limit > 0 && s.held > s.limit {
		return s.fail("the document has more than %d elements", s.limit)
	}
	return nil
}

// next reads what stands after an element: true for a comma, false for the end.
func (s *scanner) next(end byte) (more bool, err error) {
	if s.space() {
		switch s.data[s.pos] {
		case ',':
			s.pos++
			s.space()
			return true, nil
		case end:
			s.pos++
			s.depth--
			return false, nil
		}
	}
	return false, s.unexpected(fmt.Sprintf("a comma or %q", end))
}

// valueOf reads the value of a key that it cares for; done is false when it has
// read nothing.
type valueOf func(key string) (v any, done bool, err error)

// or reads the next value as the reader of a key says, else as any other.
func (s *scanner) or(read valueOf, key string) (any, error) {
	if read != nil {
		if v, done, err := read(key); done || err != nil {
			return v, err
		}
	}
	return s.value()
}

func (s *scanner) array(read valueOf) (any, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	first := len(s.items)
	more := true
	if s.space() && s.data[s.pos] == ']' {
		s.pos++
		s.depth--
		more = false
	}
	for more {
		v, err := s.or(read, "")
		if err != nil {
			return nil, err
		}
		if err := s.hold(); err != nil {
			return nil, err
		}
		s.items = append(s.items, v)
		if more, err = s.next(']'); err != nil {
			return nil, err
		}
	}
	list := s.itemRoom.take(s.items[first:])
	s.items = s.items[:first]
	return list, nil
}

func (s *scanner) object(read valueOf) (any, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	first := len(s.members)
	more := true
	if s.space() && s.data[s.pos] == '}' {
		s.pos++
		s.depth--
		more = false
	}
	for more {
		key, err := s.key()
		if err != nil {
			return nil, err
		}
		v, err := s.or(read, key)
		if err != nil {
			return nil, err
		}
		if err := s.hold(); err != nil {
			return nil, err
		}
		s.members = append(s.members, member{key, v})
		if more, err = s.next('}'); err != nil {
			return nil, err
		}
	}
	o := object(s.memberRoom.take(s.members[first:]))
	s.members = s.members[:first]
	return o, nil
}

// maxKeys bounds the table of shared keys; documents have a few dozen.
const maxKeys = 4096

// key reads the key of a member and the colon behind it.
func (s *scanner) key() (string, error) {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return "", s.unexpected("a key")
	}
	raw, plain, err := s.literal()
	if err != nil {
		return "", err
	}
	key, known := s.keys[string(raw)]
	if !known || !plain {
		if key, err = s.text(raw, plain); err != nil {
			return "", err
		}
		if plain && len(s.keys) < maxKeys {
			s.keys[key] = key
		}
	}
	if !s.space() || s.data[s.pos] != ':' {
		return "", s.unexpected("a colon")
	}
	s.pos++
	s.space()
	return key, nil
}

func (s *scanner) string() (any, error) {
	raw, plain, err := s.literal()
	if err != nil {
		return nil, err
	}
	if plain {
		return s.known.text(raw), nil
	}
	return s.text(raw, plain)
}

// literal finds the end of a string and returns what stands between the quotes.
// It is plain when that is the string itself: ASCII without escapes.
func (s *scanner) literal() (raw []byte, plain bool, err error) {
	start := s.pos + 1
	plain = true
	for i := start; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			return s.data[start:i], plain, nil
		case c == '\\':
			plain = false
			i++
		case c < 0x20:
			s.pos = i
			return nil, false, s.unexpected("a character of a string")
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	s.pos = len(s.data)
	return nil, false, s.unexpected("the end of a string")
}

// text decodes the content of a string.
func (s *scanner) text(raw []byte, plain bool) (string, error) {
	if plain {
		return string(raw), nil
	}
	// Escapes and invalid UTF-8 are rare; the standard library knows them.
	var t string
	quoted := s.data[s.pos-len(raw)-2 : s.pos]
	if err := json.Unmarshal(quoted, &t); err != nil {
		return "", s.fail("not JSON: %v in a string", err)
	}
	return t, nil
}

// number reads a number by the grammar of JSON.
func (s *scanner) number() (any, error) {
	start := s.pos
	if s.data[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.data) && s.data[s.pos] == '0' {
		s.pos++
	} else if s.digits() == 0 {
		return nil, s.unexpected("a digit")
	}
	if s.pos < len(s.data) && s.data[s.pos] == '.' {
		s.pos++
		if s.digits() == 0 {
			return nil, s.unexpected("a digit")
		}
	}
	if s.pos < len(s.data) && (s.data[s.pos] == 'e' || s.data[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.data) && (s.data[s.pos] == '+' || s.data[s.pos] == '-') {
			s.pos++
		}
		if s.digits() == 0 {
			return nil, s.unexpected("a digit")
		}
	}
	return number(s.data[start:s.pos]), nil
}

// digits skips digits and returns how many there were.
func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}
