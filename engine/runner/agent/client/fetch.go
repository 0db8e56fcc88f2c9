package client

import (
	"context"
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// Fetch has the files sent that q names. begin is called for each, and data for
// its bytes, in the order of the stream and with the rules of Output. Neither is
// called any more when Fetch has returned.
func (c *Client) Fetch(ctx context.Context, q wire.Fetch, begin func(wire.File), data func([]byte)) (wire.Fetched, error) {
	id := c.nextID.Add(1)
	f := &fetching{turn: make(chan struct{}, 1), begin: begin, data: data}
	ch := make(chan wire.Frame, 1)
	c.mu.Lock()
	if c.fetches == nil {
		c.fetches = map[uint32]*fetching{}
	}
	c.fetches[id], c.calls[id] = f, ch
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.fetches, id)
		delete(c.calls, id)
		c.mu.Unlock()
		f.turn <- struct{}{} // a call that is under way ends first
	}()
	if err := c.send(wire.TypeFetch, id, q); err != nil {
		return wire.Fetched{}, err
	}
	var r wire.Fetched
	err := c.await(ctx, ch, &r)
	return r, err
}

// fetching is one call of Fetch.
type fetching struct {
	turn  chan struct{} // capacity 1; full while a callback runs
	begin func(wire.File)
	data  func([]byte)
}

// handleFetch hands on a frame of a file; the caller of Fetch may have given up.
func (c *Client) handleFetch(f wire.Frame) error {
	c.mu.Lock()
	call := c.fetches[f.ID]
	if call != nil {
		select {
		case call.turn <- struct{}{}:
		default:
			call = nil
		}
	}
	c.mu.Unlock()
	if call == nil {
		return nil
	}
	defer func() { <-call.turn }()
	if f.Type == wire.TypeData {
		call.data(f.Payload)
		return nil
	}
	var file wire.File
	if err := f.Decode(&file); err != nil {
		return fmt.Errorf("a file: %w", err)
	}
	call.begin(file)
	return nil
}
