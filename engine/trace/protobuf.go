package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The wire types of protobuf that are in use.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

var errTruncated = errors.New("truncated protobuf message")

// message is what is left of a protobuf message. It exists beside the generated
// readers because a test sends hundreds of thousands of spans: these are written
// straight into the model, without a tree of messages in between.
type message []byte

// field is one field of a message: its value is number for the three numeric
// wire types, and bytes for the fourth.
type field struct {
	id     int
	typ    byte
	number uint64
	bytes  message
}

// next takes the next field off m, which must not be empty.
func (m *message) next(f *field) error {
	b := *m
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return errTruncated
	}
	if tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return fmt.Errorf("protobuf field number %d does not exist", tag>>3)
	}
	b = b[n:]
	f.id, f.typ = int(tag>>3), byte(tag&7)
	switch f.typ {
	case wireVarint:
		if f.number, n = binary.Uvarint(b); n <= 0 {
			return errTruncated
		}
	case wire64:
		if n = 8; len(b) < n {
			return errTruncated
		}
		f.number = binary.LittleEndian.Uint64(b)
	case wire32:
		if n = 4; len(b) < n {
			return errTruncated
		}
		f.number = uint64(binary.LittleEndian.Uint32(b))
	case wireBytes:
		size, k := binary.Uvarint(b)
		if k <= 0 || size > uint64(len(b)-k) {
			return errTruncated
		}
		n = k + int(size)
		f.bytes = b[k:n]
	default:
		return fmt.Errorf("protobuf wire type %d does not exist", f.typ)
	}
	*m = b[n:]
	return nil
}

// is checks that a known field has the wire type that its schema gives it.
func (f *field) is(typ byte) error {
	if f.typ != typ {
		return fmt.Errorf("protobuf field %d has wire type %d instead of %d", f.id, f.typ, typ)
	}
	return nil
}
