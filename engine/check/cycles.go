package check

// cycles returns the loops of a directed graph, each once, beginning with the
// node of the loop that comes first in order; nodes that only lead into a loop
// are not part of it. Edges to unknown nodes are followed too.
func cycles(order []string, edges map[string][]string) [][]string {
	const (
		open = 1 // on the current path
		done = 2
	)
	state := map[string]int{}
	var path []string
	var loops [][]string
	// An explicit stack: the graph comes from a user's file and may be deep.
	type frame struct {
		node string
		next int
	}
	for _, start := range order {
		if state[start] != 0 {
			continue
		}
		stack := []frame{{node: start}}
		state[start], path = open, append(path[:0], start)
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(edges[top.node]) {
				state[top.node] = done
				stack, path = stack[:len(stack)-1], path[:len(path)-1]
				continue
			}
			to := edges[top.node][top.next]
			top.next++
			switch state[to] {
			case 0:
				state[to] = open
				stack, path = append(stack, frame{node: to}), append(path, to)
			case open:
				for i, n := range path {
					if n == to {
						loops = append(loops, append([]string(nil), path[i:]...))
						break
					}
				}
			}
		}
	}
	return loops
}
