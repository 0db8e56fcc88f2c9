package agent

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// StressArg is the first argument that makes a program use up memory or
// processor time where it is started. The next are what, StressMemory or
// StressCPU, and how much.
const StressArg = "clnrm-agent-stress"

// What a program can be told to use up.
const (
	StressMemory = "memory" // so many megabytes, held
	StressCPU    = "cpu"    // so many thousandths of a processor, all the time
)

// Acts is the line that such a program prints when it has begun to act.
const Acts = "acts"

// burnStep is how often a burning thread looks whether it is ahead.
const burnStep = 2 * time.Millisecond

// stress acts until it is told to end, and then prints what it has really used:
// bytes that are resident, or nanoseconds of processor time. It returns the exit
// status.
func stress(args []string, out io.Writer) int {
	amount, err := 0, fmt.Errorf("what and how much is not said")
	if len(args) == 2 {
		amount, err = strconv.Atoi(args[1])
	}
	if err != nil || amount <= 0 {
		fmt.Fprintln(os.Stderr, "clnrm agent: stress:", args, err)
		return 2
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	used, err := burn, error(nil)
	if args[0] == StressMemory {
		used, err = hold(amount)
	} else {
		for left := amount; left > 0; left -= 1000 {
			go spin(float64(min(left, 1000)) / 1000)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(out, Acts)
	}
	if err == nil {
		<-end
		_, err = fmt.Fprintln(out, used())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "clnrm agent: stress:", err)
		return 1
	}
	return 0
}

// hold takes memory and touches every page, so that the container is charged for
// it. When memory runs out the service is to be killed for it, not what presses
// it: this process gives up the rank that its shim gave it.
func hold(megabytes int) (resident func() int64, err error) {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("0"), 0) // else the larger one ends
	text, err := syscall.Mmap(-1, 0, megabytes<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("take %d MiB: %w", megabytes, err)
	}
	for at := 0; at < len(text); at += os.Getpagesize() {
		text[at] = 1
	}
	return residentBytes, nil
}

// residentBytes is how much memory of this process is really there.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// spin keeps one thread busy for a share of the time. What it was kept from it
// makes up for: the share is of processor time, not of attempts.
func spin(share float64) {
	runtime.LockOSThread()
	begin := time.Now()
	for {
		ahead := time.Duration(float64(processorTime(rusageThread))/share) - time.Since(begin)
		if ahead > 0 {
			time.Sleep(ahead + burnStep)
			continue
		}
		for until := time.Now().Add(burnStep); time.Now().Before(until); {
			continue
		}
	}
}

// rusageThread asks for the calling thread alone.
const rusageThread = 1

// burn is the processor time that this process has used, in nanoseconds.
func burn() int64 { return processorTime(syscall.RUSAGE_SELF) }

// processorTime is what the kernel has accounted, in nanoseconds.
func processorTime(who int) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
