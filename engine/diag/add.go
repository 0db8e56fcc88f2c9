package diag

import "slices"

// Add appends d unless the same is said of the same place already: a loop of a
// template can bring one line of the user's file up a hundred times. Complaints
// that came about through different macro calls are different.
func Add(ds []Diagnostic, d Diagnostic) []Diagnostic {
	for i := range ds {
		if o := &ds[i]; o.Pos == d.Pos && o.Code == d.Code && o.Message == d.Message && slices.Equal(o.Via, d.Via) {
			return ds
		}
	}
	return append(ds, d)
}
