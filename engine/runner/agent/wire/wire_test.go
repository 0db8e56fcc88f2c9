package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
)

func TestFramesArriveAsTheyWereSent(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	big := bytes.Repeat([]byte{0, 255}, 3<<20)
	for i, parts := range [][][]byte{nil, {[]byte("a")}, {[]byte("a"), []byte("b")}, {{FormatJSON}, big}} {
		if err := w.Write(TypeStdout, uint32(i), parts...); err != nil {
			t.Fatal(err)
		}
	}
	r := NewReader(&b)
	for i, want := range [][]byte{nil, []byte("a"), []byte("ab"), append([]byte{FormatJSON}, big...)} {
		f, err := r.Read()
		if err != nil || f.Type != TypeStdout || f.ID != uint32(i) || !bytes.Equal(f.Payload, want) {
			t.Fatalf("frame %d: type %d id %d with %d bytes, %v", i, f.Type, f.ID, len(f.Payload), err)
		}
	}
	if _, err := r.Read(); err != io.EOF {
		t.Errorf("err = %v at a clean end", err)
	}
}

func TestConcurrentFramesDoNotMix(t *testing.T) {
	pr, pw := io.Pipe()
	w := NewWriter(pw)
	var wg sync.WaitGroup
	for id := range uint32(4) {
		wg.Go(func() {
			for range 100 {
				if err := w.Write(TypeStderr, id, bytes.Repeat([]byte{byte(id)}, int(id)*5000)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() {
		wg.Wait()
		_ = pw.Close() // never fails
	}()
	r := NewReader(pr)
	for {
		f, err := r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := bytes.Repeat([]byte{byte(f.ID)}, int(f.ID)*5000); !bytes.Equal(f.Payload, want) {
			t.Fatalf("frame %d holds something else", f.ID)
		}
	}
}

func TestWhatIsNoFrameIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want error
	}{
		"type zero":       {"\x00\x00\x00\x00\x00\x00\x00\x00\x00", ErrFrame},
		"unknown type":    {"\x00\x00\x00\x00\xff\x00\x00\x00\x00", ErrFrame},
		"over the limit":  {"\xff\xff\xff\xff\x01\x00\x00\x00\x00", ErrFrame},
		"short header":    {"\x00\x00", io.ErrUnexpectedEOF},
		"short payload":   {"\x00\x00\x00\x05\x01\x00\x00\x00\x00abc", io.ErrUnexpectedEOF},
		"missing payload": {"\x00\x00\x00\x05\x01\x00\x00\x00\x00", io.ErrUnexpectedEOF},
		"nothing":         {"", io.EOF},
	} {
		if _, err := NewReader(strings.NewReader(tc.in)).Read(); !errors.Is(err, tc.want) {
			t.Errorf("%s: err = %v, want %v", name, err, tc.want)
		}
	}
}

func TestMemoryGrowsWithWhatArrivesNotWithWhatIsClaimed(t *testing.T) {
	in := append([]byte("\x04\x00\x00\x00\x01\x00\x00\x00\x00"), make([]byte, 10)...)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := NewReader(bytes.NewReader(in)).Read(); !errors.Is(err, io.ErrUnexpectedEOF) {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 4*keep {
		t.Errorf("%d bytes allocated for a frame that is not there", allocated)
	}
}

func TestWriterKeepsItsError(t *testing.T) {
	w := NewWriter(failing{})
	for range 2 {
		if err := w.Send(TypeHello, 0, Hello{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("err = %v", err)
		}
	}
	if err := NewWriter(io.Discard).Write(TypeTraces, 0, make([]byte, MaxFrame), []byte{1}); !errors.Is(err, ErrFrame) {
		t.Errorf("err = %v for a frame over the limit", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzReader(f *testing.F) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, v := range []any{Hello{Version: 1}, Run{Argv: []string{"a"}}, Exit{Code: -1}} {
		if err := w.Send(TypeRun, 7, v); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(b.Bytes())
	f.Add([]byte("\x00\x00\x00\x02\x06\x00\x00\x00\x01ab"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in))
		var again bytes.Buffer
		w := NewWriter(&again)
		for {
			frame, err := r.Read()
			if err != nil {
				break
			}
			if err := w.Write(frame.Type, frame.ID, frame.Payload); err != nil {
				t.Fatal(err)
			}
			// Whatever a payload holds, decoding it says so and does no more.
			_ = frame.Decode(&Exit{})
		}
		if !bytes.HasPrefix(in, again.Bytes()) {
			t.Error("what was read is not what was there")
		}
	})
}
