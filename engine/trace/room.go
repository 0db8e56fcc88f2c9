package trace

// room hands out parts of large slices. What was handed out since a mark may be
// taken back, when nobody has kept any of it.
type room[T any] struct {
	all  []T // the present slice; older ones belong to whom they were given
	used int // how much of it is handed out
}

// roomSize is how many elements a slice of a room has at least.
const roomSize = 1024

// take returns a copy of list.
func (r *room[T]) take(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	out := r.grow(len(list))
	copy(out, list)
	return out
}

// grow returns room for n elements, which is more than none.
func (r *room[T]) grow(n int) []T {
	if len(r.all)-r.used < n {
		r.all, r.used = make([]T, max(roomSize, n)), 0
	}
	out := r.all[r.used : r.used+n : r.used+n]
	r.used += n
	return out
}
