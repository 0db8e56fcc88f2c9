package watch

import (
	"os"
	"syscall"
	"testing"
)

func init() {
	editors = append(editors, editor{"memory-mapped", saveMapped})
}

// saveMapped writes through a mapping: no event tells of the writing itself.
func saveMapped(t testing.TB, path, text string) {
	f := openFor(t, path, os.O_RDWR)
	if err := f.Truncate(int64(len(text))); err != nil {
		t.Fatal(err)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, len(text), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	copy(m, text)
	if err := syscall.Munmap(m); err != nil {
		t.Fatal(err)
	}
	closeFile(t, f)
}
