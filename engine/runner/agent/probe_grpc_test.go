package agent

import (
	"encoding/binary"
	"testing"
)

func TestHealthAnswerIsReadOrRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		body   []byte
		status uint64
		ok     bool
	}{
		{"serving", []byte{0, 0, 0, 0, 2, 8, 1}, 1, true},
		{"unknown is the default and has no field", []byte{0, 0, 0, 0, 0}, 0, true},
		{"the last of several counts", []byte{0, 0, 0, 0, 4, 8, 1, 8, 2}, 2, true},
		{"nothing", nil, 0, false},
		{"compressed", []byte{1, 0, 0, 0, 2, 8, 1}, 0, false},
		{"shorter than it says", []byte{0, 0, 0, 0, 3, 8, 1}, 0, false},
		{"longer than it says", []byte{0, 0, 0, 0, 0, 8, 1}, 0, false},
		{"field without a value", []byte{0, 0, 0, 0, 1, 8}, 0, false},
		{"another field", []byte{0, 0, 0, 0, 2, 16, 1}, 0, false},
		{"number that does not end", []byte{0, 0, 0, 0, 2, 8, 0x80}, 0, false},
	} {
		status, err := healthAnswer(c.body)
		if (err == nil) != c.ok || c.ok && status != c.status {
			t.Errorf("%s: %d, %v", c.name, status, err)
		}
	}
}

// What is accepted says the same when it is written in the shortest way.
func FuzzHealthAnswer(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(grpcMessage(nil))
	f.Add(grpcMessage([]byte{8, 1}))
	f.Add(grpcMessage([]byte{8, 2, 8, 1}))
	f.Add(grpcMessage([]byte{8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2}))
	f.Add(grpcMessage([]byte{10, 1, 'a'}))
	f.Fuzz(func(t *testing.T, body []byte) {
		status, err := healthAnswer(body)
		if err != nil {
			return
		}
		if len(body) < 5 || len(body) == 5 && status != 0 {
			t.Fatalf("% x says %d", body, status)
		}
		plain := grpcMessage(binary.AppendUvarint([]byte{1<<3 | wireVarint}, status))
		if again, err := healthAnswer(plain); err != nil || again != status {
			t.Fatalf("% x says %d; written anew % x it says %d, %v", body, status, plain, again, err)
		}
	})
}
