package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// ground is what scenarios would run on now: a recorded run speaks for a scenario
// only while that is what it ran on. What is not known is not held against it.
type ground struct {
	look   chan struct{} // capacity 1: a name may stand for another image
	follow sync.Once

	mu       sync.Mutex
	backend  string // that has answered; "" until one has
	hermetic bool   // whether it isolates scenarios from the host
	// images are the ids that names stood for when they were last looked at; ""
	// for a name that stood for none.
	images map[string]string
}

// imagesAgain is how long to wait before a backend that does not tell of images
// any more is asked again.
const imagesAgain = 15 * time.Second

// answered notes the backend that scenarios run on and reports whether that is
// news.
func (g *ground) answered(b runner.Backend) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	news := g.backend != b.Name() || g.hermetic != b.Hermetic()
	g.backend, g.hermetic = b.Name(), b.Hermetic()
	return news
}

// differs says what of the ground of a recorded run is another now; empty when
// nothing is known to be.
func (g *ground) differs(ev *runner.Evidence) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.backend == "" || ev.Backend == "":
	case ev.Backend != g.backend:
		return "the run was on the backend " + ev.Backend + ", and this is " + g.backend
	case ev.Hermetic && !g.hermetic:
		return "the run was hermetic, and another would not be"
	}
	for _, c := range named(ev) {
		if id := g.images[imageKey(ev.Backend, c.Image)]; id != "" && id != c.Digest {
			return fmt.Sprintf("the image %s is another one than that of the run", c.Image)
		}
	}
	return ""
}

// saw notes what names stood for in a run that has just ended. Where that is not
// what is known, nothing is, until somebody has looked; it reports so.
func (g *ground) saw(ev *runner.Evidence) (unsure bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range named(ev) {
		if key := imageKey(ev.Backend, c.Image); g.images[key] != c.Digest {
			delete(g.images, key)
			unsure = true
		}
	}
	return unsure
}

// unknown reports whether an image of a recorded run was never looked at.
func (g *ground) unknown(ev *runner.Evidence) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range named(ev) {
		if _, met := g.images[imageKey(ev.Backend, c.Image)]; !met {
			return true
		}
	}
	return false
}

// learn notes what a name stands for now and reports whether that is news.
func (g *ground) learn(key, id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if old, met := g.images[key]; met && old == id {
		return false
	}
	if g.images == nil {
		g.images = map[string]string{}
	}
	g.images[key] = id
	return true
}

// named are the containers of a run whose image is told by its name. What was
// built for the run is told by what it was built from.
func named(ev *runner.Evidence) []runner.Container {
	var out []runner.Container
	for _, c := range ev.Containers {
		if c.Fingerprint == "" && c.Digest != "" && c.Image != "" {
			out = append(out, c)
		}
	}
	return out
}

// imageKey tells the images of one backend from those of another.
func imageKey(backend, name string) string { return backend + "\x00" + name }

// mind has the images of recorded runs looked at, from the first of them on for as
// long as the engine is there: of Scan, which judges no recorded run, never. The
// caller holds e.mu.
func (e *Engine) mind(recs map[string]*store.Record) {
	if e.forgetful {
		return
	}
	for _, rec := range recs {
		if rec == nil || len(named(&rec.Evidence)) == 0 {
			continue
		}
		e.ground.follow.Do(func() { e.background(e.followImages) })
		if e.ground.unknown(&rec.Evidence) {
			e.ground.ask()
			return
		}
	}
}

// ask has the images looked at soon.
func (g *ground) ask() {
	select {
	case g.look <- struct{}{}:
	default:
	}
}

// followImages looks at the images of recorded runs whenever the backend says that
// one may be another, and when somebody asks, until the engine closes.
func (e *Engine) followImages() {
	b, err := e.openBackend()
	if err != nil {
		return // a probe says so
	}
	teller, ok := b.(runner.ImageTeller)
	if !ok {
		return
	}
	e.background(func() {
		for e.ctx.Err() == nil {
			// Without an answer there is nothing new to tell; the backend's own
			// state is told by every probe.
			_ = teller.ImagesChanged(e.ctx, e.ground.ask)
			pause(e.ctx, imagesAgain)
		}
	})
	for {
		select {
		case <-e.ground.look:
			e.lookAtImages(e.ctx, b)
		case <-e.ctx.Done():
			return
		}
	}
}

// lookAtImages asks which images the names in recorded runs stand for now, and
// derives the rows anew when one is another than it was.
func (e *Engine) lookAtImages(ctx context.Context, b runner.Backend) {
	e.mu.Lock()
	var recs []*store.Record
	for _, en := range e.entries {
		for _, rec := range en.records {
			recs = append(recs, rec)
		}
	}
	e.mu.Unlock()
	if e.askImages(ctx, b, recs) {
		e.refresh(e.onGround)
	}
}

// askImages asks the backend which images the names in recorded runs stand for
// now, and reports whether any answer is news. Without an answer what is known
// stays.
func (e *Engine) askImages(ctx context.Context, b runner.Backend, recs []*store.Record) (news bool) {
	teller, ok := b.(runner.ImageTeller)
	if !ok {
		return false
	}
	asked := map[string]bool{}
	for _, rec := range recs {
		if rec == nil || rec.Evidence.Backend != b.Name() {
			continue
		}
		for _, c := range named(&rec.Evidence) {
			if asked[c.Image] {
				continue
			}
			asked[c.Image] = true
			id, err := teller.ImageID(ctx, c.Image)
			if err != nil {
				return news // nor will it answer for the others
			}
			if e.ground.learn(imageKey(b.Name(), c.Image), id) {
				news = true
			}
		}
	}
	return news
}

// lookNow bounds how long a command waits for a backend to tell which images it
// has.
const lookNow = 5 * time.Second

// holdImages asks, for a command that judges recorded runs, which images their
// names stand for now. Without a backend that answers nothing is held against
// them: what is judged was recorded, with the id of the image that it ran on.
func (e *Engine) holdImages(recs []*store.Record) {
	for _, rec := range recs {
		if len(named(&rec.Evidence)) == 0 {
			continue
		}
		b, err := e.openBackend()
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(e.ctx, lookNow)
		defer cancel()
		e.askImages(ctx, b, recs)
		return
	}
}
