package check

import "github.com/seanchatmangpt/clnrm-tui/engine/spec"

// constraints checks what [otel_validation] alone can say.
func (c *checker) constraints(x *spec.Expect) {
	for _, v := range x.Values {
		c.attrs(v.All)
	}
	for _, g := range x.Gaps {
		c.glob(g.Pos, g.From)
		c.glob(g.Pos, g.To)
	}
	for _, s := range x.Siblings {
		c.glob(s.Pos, s.A)
		c.glob(s.Pos, s.B)
		if s.Parent != "" {
			c.glob(s.Pos, s.Parent)
		}
	}
}
