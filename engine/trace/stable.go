package trace

// Stable returns the canonical text of an attribute without what differs
// between two runs of the same behaviour, and false when all of it does: ids,
// clocks, processes, hosts, ports. It is what Digest looks at.
func Stable(a Attr) (text string, ok bool) {
	if Volatile(a.Key) {
		return "", false
	}
	if t, isText := a.Value.(string); isText {
		return withoutPort(a.Key, t), true
	}
	return ValueText(a.Value), true
}
