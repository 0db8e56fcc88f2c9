package trace

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge says that unpacked data went over its limit.
var ErrTooLarge = errors.New("unpacked data is over the limit")

// Gunzip unpacks body. It fails with ErrTooLarge, holding no more than limit
// bytes, when the unpacked data is longer than limit.
func Gunzip(body []byte, limit int64) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(zr, limit+1))
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	if int64(len(out)) > limit {
		return nil, fmt.Errorf("unpack gzip: %w of %d bytes", ErrTooLarge, limit)
	}
	return out, zr.Close()
}
