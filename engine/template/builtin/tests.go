package builtin

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// defined and undefined are not here: they are about names, not values.
func addTests(t *Table) {
	t.Tests["string"] = plainTest(func(v any) bool { _, ok := v.(string); return ok })
	t.Tests["number"] = plainTest(value.IsNumber)
	t.Tests["iterable"] = plainTest(func(v any) bool { k := rank(v); _, obj := v.(map[string]any); return k == 4 || obj })
	t.Tests["object"] = plainTest(func(v any) bool { _, ok := v.(map[string]any); return ok })
	t.Tests["odd"] = parity(true)
	t.Tests["even"] = parity(false)
	t.Tests["divisibleby"] = divisibleBy
	t.Tests["starting_with"] = textTest(strings.HasPrefix)
	t.Tests["ending_with"] = textTest(strings.HasSuffix)
	t.Tests["containing"] = containing
	t.Tests["matching"] = matching
}

func argCount(args []any, n int) error {
	if len(args) != n {
		return fmt.Errorf("takes %d arguments, not %d", n, len(args))
	}
	return nil
}

func plainTest(fn func(any) bool) TestFunc {
	return func(v any, args []any) (bool, error) {
		if err := argCount(args, 0); err != nil {
			return false, err
		}
		return fn(v), nil
	}
}

func parity(odd bool) TestFunc {
	return func(v any, args []any) (bool, error) {
		if err := argCount(args, 0); err != nil {
			return false, err
		}
		if !value.IsNumber(v) {
			return false, wrongValue(v, "a number")
		}
		even := math.Mod(value.Float(v), 2) == 0
		if n, ok := v.(int64); ok {
			even = n%2 == 0
		}
		return even != odd, nil
	}
}

func divisibleBy(v any, args []any) (bool, error) {
	if err := argCount(args, 1); err != nil {
		return false, err
	}
	if !value.IsNumber(v) {
		return false, wrongValue(v, "a number")
	}
	if !value.IsNumber(args[0]) {
		return false, wrongValue(args[0], "a number to divide by")
	}
	return math.Mod(value.Float(v), value.Float(args[0])) == 0, nil
}

func textTest(fn func(s, t string) bool) TestFunc {
	return func(v any, args []any) (bool, error) {
		if err := argCount(args, 1); err != nil {
			return false, err
		}
		s, ok := v.(string)
		if !ok {
			return false, wrongValue(v, "a string")
		}
		t, ok := args[0].(string)
		if !ok {
			return false, wrongValue(args[0], "a string to look for")
		}
		return fn(s, t), nil
	}
}

func containing(v any, args []any) (bool, error) {
	if err := argCount(args, 1); err != nil {
		return false, err
	}
	switch v := v.(type) {
	case string:
		s, ok := args[0].(string)
		if !ok {
			return false, wrongValue(args[0], "a string to look for")
		}
		return strings.Contains(v, s), nil
	case []any:
		for _, x := range v {
			if value.Equal(x, args[0]) {
				return true, nil
			}
		}
		return false, nil
	case map[string]any:
		s, ok := args[0].(string)
		if !ok {
			return false, wrongValue(args[0], "a key to look for")
		}
		_, has := v[s]
		return has, nil
	}
	return false, wrongValue(v, "a string, an array or an object")
}

func matching(v any, args []any) (bool, error) {
	if err := argCount(args, 1); err != nil {
		return false, err
	}
	s, ok := v.(string)
	if !ok {
		return false, wrongValue(v, "a string")
	}
	pat, ok := args[0].(string)
	if !ok {
		return false, wrongValue(args[0], "a regular expression")
	}
	re, err := regexp.Compile(pat)
	if err != nil {
		return false, fmt.Errorf("the regular expression is not valid: %w", err)
	}
	return re.MatchString(s), nil
}
