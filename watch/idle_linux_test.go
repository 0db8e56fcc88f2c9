package watch

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BenchmarkIdle is what watching 1,000 files in 100 directories costs while
// nothing happens: processor time over time, in percent of one core.
func BenchmarkIdle(b *testing.B) {
	for _, mode := range []Mode{Auto, Poll} {
		b.Run(mode.String(), func(b *testing.B) {
			root := b.TempDir()
			for i := range 1000 {
				write(b, filepath.Join(root, fmt.Sprintf("d%02d/t%04d.clnrm.toml", i%100, i)), "x")
			}
			startAt(b, root, func(o *Options) { o.Mode = mode })
			<-time.After(4 * time.Second) // fresh files are read once more, see racyWindow
			begin, used := time.Now(), cpuTime(b)
			for b.Loop() {
				<-time.After(5 * time.Second)
			}
			b.ReportMetric(100*float64(cpuTime(b)-used)/float64(time.Since(begin)), "%core")
		})
	}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
