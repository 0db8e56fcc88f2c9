package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestWhatWasSaidCanBeReadAgain(t *testing.T) {
	d := at120(t, testkit.Green())
	d.press("i")
	d.clock = d.clock.Add(10 * time.Second)
	d.press("f f") // nothing is failing
	d.say(diag.Error, "a fault\nwith \x1b[31mtwo lines")
	d.press("esc")
	d.clock = d.clock.Add(time.Minute)
	d.send(tickMsg{})
	d.hides("nothing is failing")
	d.press("M").shows("nothing is failing  (2 times)").shows("sorted by status").shows("a fault with two lines")
	first, second := strings.Index(d.screen(), "a fault"), strings.Index(d.screen(), "sorted by")
	if first > second {
		t.Error("the newest message is not the first")
	}
	d.press("j enter")
	d.press("k y esc").hides("nothing is failing  (2")
	if want := []string{"nothing is failing", "a fault with two lines"}; !slices.Equal(d.paper.copied, want) {
		t.Errorf("copied %q, want %q", d.paper.copied, want)
	}
	d.press("M q")
	if d.quit || d.log != nil {
		t.Error("q does not just close the messages")
	}
	for i := range maxMessages + 7 {
		d.info(fmt.Sprint("message ", i))
	}
	if len(d.messages) != maxMessages || d.messages[0].text != "message 7" {
		t.Errorf("%d messages are kept, from %q", len(d.messages), d.messages[0].text)
	}
}

// A message longer than the screen, and every size of it, must be drawn.
func TestMessagesFitEverySize(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.say(diag.Error, strings.Repeat("long ", 400))
	for i := range 20 {
		d.info(fmt.Sprint("message ", i))
	}
	d.notice = nil
	d.press("M G")
	for w := 1; w <= 130; w += 1 + w/6 {
		for h := 1; h <= 45; h += 1 + h/6 {
			d.paper.w, d.paper.h = w, h
			d.resize(w, h)
			d.press("k j")
			checkFrame(t, d.grid, w, h)
		}
	}
	if err := d.guard.crash(); err != nil {
		t.Fatal(err)
	}
}
