package trace

import "testing"

func TestSmoke(t *testing.T) {
	r := NewStdoutReader()
	sp := r.Feed([]byte(`{"name":"a","trace_id":"T","span_id":"1","start_time_unix_nano":"5","end_time_unix_nano":9,"attributes":{"x":1.0}}` + "\nhello\n"))
	if len(sp) != 1 {
		t.Fatal(r.Counts())
	}
	t.Log(Digest(NewSet(sp)), Digest(NewSet(nil)))
}
