package trace

import "strconv"

// cursor reads the plainest JSON: what is not of the form that it looks for makes
// its methods return false, and the place is then of no use.
type cursor struct {
	data   []byte
	pos    int
	closed bool // the list or object that was read last has ended
}

// space skips white space.
func (c *cursor) space() {
	for c.pos < len(c.data) && (c.data[c.pos] == ' ' || c.data[c.pos] == '\n' || c.data[c.pos] == '\t' || c.data[c.pos] == '\r') {
		c.pos++
	}
}

// at reports whether the next character is b.
func (c *cursor) at(b byte) bool { return c.pos < len(c.data) && c.data[c.pos] == b }

// take reads b and the white space behind it.
func (c *cursor) take(b byte) bool {
	if !c.at(b) {
		return false
	}
	c.pos++
	c.space()
	return true
}

// open reads the beginning of a list or object, and its end if it is empty.
func (c *cursor) open(begin, end byte) bool {
	if !c.take(begin) {
		return false
	}
	if c.closed = c.at(end); c.closed {
		c.pos++
	}
	return true
}

// more reads what stands behind an element: a comma, or the end.
func (c *cursor) more(end byte) bool {
	c.space()
	if c.closed = c.at(end); c.closed {
		c.pos++
		return true
	}
	return c.take(',')
}

// plain reads a string of ASCII without escapes.
func (c *cursor) plain() ([]byte, bool) {
	if !c.at('"') {
		return nil, false
	}
	start := c.pos + 1
	for i := start; i < len(c.data); i++ {
		switch b := c.data[i]; {
		case b == '"':
			c.pos = i + 1
			return c.data[start:i], true
		case b == '\\' || b < 0x20 || b >= 0x80:
			return nil, false
		}
	}
	return nil, false
}

// key reads a key and the colon behind it.
func (c *cursor) key() ([]byte, bool) {
	key, ok := c.plain()
	if !ok {
		return nil, false
	}
	c.space()
	return key, c.take(':')
}

// digits reads a number without sign, fraction and exponent.
func (c *cursor) digits() (uint64, bool) {
	start := c.pos
	var n uint64
	for c.pos < len(c.data) && c.data[c.pos] >= '0' && c.data[c.pos] <= '9' {
		n = n*10 + uint64(c.data[c.pos]-'0')
		c.pos++
	}
	length := c.pos - start
	// Nineteen digits always fit. A number has no zero in front.
	return n, length == 1 || length > 1 && length <= 19 && c.data[start] != '0'
}

// count reads such a number, or one in quotes.
func (c *cursor) count() (uint64, bool) {
	if !c.at('"') {
		return c.digits()
	}
	c.pos++
	n, ok := c.digits()
	if !ok || !c.at('"') {
		return 0, false
	}
	c.pos++
	return n, true
}

// integer reads a number with or without sign and quotes.
func (c *cursor) integer() (any, bool) {
	quoted := c.at('"')
	if quoted {
		c.pos++
	}
	start := c.pos
	if c.at('-') {
		c.pos++
	}
	if _, ok := c.digits(); !ok {
		return nil, false
	}
	n, err := strconv.ParseInt(string(c.data[start:c.pos]), 10, 64)
	if err != nil {
		return nil, false
	}
	if quoted {
		if !c.at('"') {
			return nil, false
		}
		c.pos++
	}
	return boxed(n), true
}

// boolean reads true or false.
func (c *cursor) boolean() (any, bool) {
	for _, w := range [...]string{"true", "false"} {
		if len(c.data)-c.pos >= len(w) && string(c.data[c.pos:c.pos+len(w)]) == w {
			c.pos += len(w)
			return w == "true", true
		}
	}
	return nil, false
}
