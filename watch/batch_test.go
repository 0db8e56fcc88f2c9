package watch

import (
	"reflect"
	"testing"
	"time"
)

func TestPendingMergesToWhatTheReaderNeeds(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	change := func(k Kind, text string, seen int) Change {
		return Change{Path: "p", Kind: k, Data: []byte(text), Seen: at(seen)}
	}
	for _, tt := range []struct {
		name   string
		events []Change
		want   []Change
	}{
		{"last content wins, first time counts", []Change{change(Modified, "1", 1), change(Modified, "2", 2)}, []Change{change(Modified, "2", 1)}},
		{"new and changed is new", []Change{change(Added, "1", 1), change(Modified, "2", 2)}, []Change{change(Added, "2", 1)}},
		{"new and gone never was", []Change{change(Added, "1", 1), change(Removed, "", 2)}, []Change{}},
		{"changed and gone is gone", []Change{change(Modified, "1", 1), change(Removed, "", 2)}, []Change{change(Removed, "", 1)}},
		{"gone and back is changed", []Change{change(Removed, "", 1), change(Added, "2", 2)}, []Change{change(Modified, "2", 1)}},
		{"new, gone and new again is new", []Change{change(Added, "1", 1), change(Removed, "", 2), change(Added, "3", 3)}, []Change{change(Added, "3", 3)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p pending
			p.add([]Change{{Path: "z", Kind: Added}}, 1, true)
			p.add([]Change{{Path: "a", Kind: Added}}, 2, false)
			for _, c := range tt.events {
				p.add([]Change{c}, 0, false)
				p.peek()
			}
			batch, ok := p.peek()
			want := append([]Change{{Path: "a"}}, append(tt.want, Change{Path: "z"})...)
			if !ok || !batch.Initial || batch.Unchanged != 3 || !reflect.DeepEqual(batch.Changes, want) {
				t.Errorf("batch %+v, want %+v", batch, want)
			}
			p.taken()
			if _, ok := p.peek(); ok {
				t.Error("taken, but still there")
			}
		})
	}
}

func TestNothingIsNoBatch(t *testing.T) {
	var p pending
	p.add(nil, 0, false)
	if _, ok := p.peek(); ok {
		t.Error("an empty batch is handed over")
	}
}
