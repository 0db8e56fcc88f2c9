package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// datagramProgram answers every datagram, or sends a hundred and says what came of
// them: how many were not answered, and the shortest time that an answer took.
const datagramProgram = `package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"time"
)

func main() {
	if os.Args[1] == "serve" {
		c, err := net.ListenPacket("udp4", ":9000")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("listening")
		for buf := make([]byte, 100); ; {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				log.Fatal(err)
			}
			c.WriteTo(buf[:n], from)
		}
	}
	c, err := net.Dial("udp4", "echo:9000")
	if err != nil {
		log.Fatal(err)
	}
	const datagrams = 100
	var sent [datagrams]time.Time
	for i := range sent {
		sent[i] = time.Now()
		if _, err := c.Write([]byte(strconv.Itoa(i))); err != nil {
			log.Fatal(err)
		}
	}
	answered, shortest := 0, time.Hour
	patience, err := time.ParseDuration(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
	for buf := make([]byte, 100); answered < datagrams; answered++ {
		n, err := c.Read(buf)
		if err != nil {
			break // no more will come
		}
		i, err := strconv.Atoi(string(buf[:n]))
		if err != nil {
			log.Fatal(err)
		}
		shortest = min(shortest, time.Since(sent[i]))
	}
	lost := datagrams - answered
	fmt.Println("lost", lost, "shortest", shortest)
	fmt.Println("some lost:", lost > 10 && lost < 90, "none lost:", lost == 0, "late:", shortest >= 300*time.Millisecond)
}
`

// What services send each other over UDP is late, and lost, as over TCP, and nothing
// sends it again.
func TestDatagramsMeetLatencyAndLoss(t *testing.T) {
	needDocker(t)
	bin, dir := builtProgram(t)
	write(t, dir, "cmd/datagram/main.go", datagramProgram)
	step := func(name, patience, want string) string {
		return "[[scenario.steps]]\nname = \"" + name + "\"\ncommand = [\"datagram\", \"ask\", \"" + patience + "\"]\nexpected_output_contains = \"" + want + "\"\n"
	}
	write(t, dir, "udp.clnrm.toml", `[meta]
name = "udp"
version = "1.0"
[service.echo]
plugin = "go_binary"
package = "./cmd/datagram"
args = ["serve"]
ready = { log = "listening" }
[service.asker]
plugin = "go_binary"
package = "./cmd/datagram"
depends_on = ["echo"]
[[scenario]]
name = "datagrams"
service = "asker"
chaos = [
  { fault = "latency", latency_ms = 150, service = "echo", during = "late" },
  { fault = "loss", percent = 30, service = "echo", during = "lossy" },
  { fault = "loss", percent = 100, service = "echo", from = "asker", during = "gone" },
]
`+step("before", "30s", "none lost: true")+step("late", "30s", "none lost: true late: true")+step("lossy", "10s", "some lost: true")+
		step("gone", "2s", "lost 100 ")+step("after", "30s", "none lost: true"))
	text := run(t, bin, dir, 0, "udp.clnrm.toml", "--format", "json")
	var r report.Run
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Scenarios) != 1 || r.Scenarios[0].Verdict != report.Pass || len(r.Scenarios[0].Evidence.Faults) != 3 {
		t.Fatalf("%s", text)
	}
	for i, want := range []string{" packets held back for 150ms", ", 30% asked", "packets lost, 100% asked"} {
		if f := r.Scenarios[0].Evidence.Faults[i]; !strings.Contains(f, want) {
			t.Errorf("the report says %q, not %q", f, want)
		}
	}
}
