package trace

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// errTooLarge says that unpacked data went over its limit.
var errTooLarge = errors.New("unpacked data is over the limit")

// gunzip unpacks body. It fails with errTooLarge, holding no more than limit
// bytes, when the unpacked data is longer than limit.
func gunzip(body []byte, limit int64) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(zr, limit+1))
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	if int64(len(out)) > limit {
		return nil, fmt.Errorf("unpack gzip: %w of %d bytes", errTooLarge, limit)
	}
	return out, zr.Close()
}
