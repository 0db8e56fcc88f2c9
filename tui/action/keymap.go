package action

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/key"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
)

// Override gives an action keys of the user's own, as ParseKey returns them. No
// keys take the action off the keyboard; the palette still has it.
type Override struct {
	ID   ID
	Keys []string
}

// Clash is a key that two actions of one panel want.
type Clash struct {
	Key         string
	Kept, Wants ID // who has the key, and who was refused it
}

// With returns the map with keys of the user's own, and the keys that could not
// be given because another action has them in the same panel. The key stays
// with the action that has it by default, or else with the one named first.
// Overrides of actions that do not exist are left out.
func With(overrides []Override) (*Map, []Clash) {
	actions := slices.Clone(all)
	own := map[ID][]string{}
	for _, o := range overrides {
		own[o.ID] = o.Keys
	}
	var taken []claim
	for i := range actions { // what stays as it is comes first
		if a := &actions[i]; !changed(own, a.ID) {
			taken = append(taken, claim{a, a.Binding.Keys()})
		}
	}
	var clashes []Clash
	for _, o := range overrides {
		i := slices.IndexFunc(actions, func(a Action) bool { return a.ID == o.ID })
		if i < 0 {
			continue
		}
		a := &actions[i]
		var keys []string
		for _, k := range o.Keys {
			if kept := holder(taken, a, k); kept != nil {
				clashes = append(clashes, Clash{Key: k, Kept: kept.ID, Wants: a.ID})
				continue
			}
			keys = append(keys, k)
		}
		if len(keys) == 0 && len(o.Keys) > 0 { // all refused: better the keys it had
			keys = free(taken, a, a.Binding.Keys())
		}
		a.Binding = key.NewBinding(key.WithKeys(keys...), key.WithHelp(Shown(keys...), a.Binding.Help().Desc))
		taken = append(taken, claim{a, keys})
	}
	return newMap(actions), clashes
}

// claim says which keys an action has.
type claim struct {
	action *Action
	keys   []string
}

func changed(own map[ID][]string, id ID) bool {
	_, ok := own[id]
	return ok
}

// holder returns the action that has a key in a panel that a is in, too.
func holder(taken []claim, a *Action, k string) *Action {
	for _, c := range taken {
		if c.action != a && slices.Contains(c.keys, k) && meet(c.action, a) {
			return c.action
		}
	}
	return nil
}

// free returns the keys that nobody has.
func free(taken []claim, a *Action, keys []string) (out []string) {
	for _, k := range keys {
		if holder(taken, a, k) == nil {
			out = append(out, k)
		}
	}
	return out
}

// meet reports whether two actions can be meant in the same panel.
func meet(a, b *Action) bool {
	for p := range layout.Panels {
		if a.In(p) && b.In(p) {
			return true
		}
	}
	return false
}

// named are the keys that are written with a name.
var named = []string{
	"space", "enter", "esc", "tab", "shift+tab", "backspace", "delete", "insert", "up", "down", "left", "right",
	"home", "end", "pgup", "pgdown", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
	"shift+up", "shift+down", "shift+left", "shift+right",
}

// ParseKey reads a key of the settings: a character, a name such as "enter" or
// "f5", or either behind "ctrl+" or "alt+". It returns the key as Lookup takes
// it.
func ParseKey(s string) (string, error) {
	rest := s
	for _, m := range []string{"ctrl+", "alt+"} {
		if r, ok := strings.CutPrefix(s, m); ok && r != "" {
			rest = r
		}
	}
	control := strings.HasPrefix(s, "ctrl+") && rest != s
	switch {
	case s == "ctrl+c":
		return "", fmt.Errorf("ctrl+c always stops what runs, or quits")
	case control && reserved(rest):
		return "", fmt.Errorf("terminals keep %s for themselves or send it for another key", s)
	case s == "space":
		return " ", nil
	case slices.Contains(named, rest) && !control:
		return s, nil
	case control && len(rest) == 1 && rest[0] >= 'a' && rest[0] <= 'z':
		return s, nil
	case !control && utf8.RuneCountInString(rest) == 1 && rest != " ":
		return s, nil
	}
	return "", fmt.Errorf("%q is no key: write a character, ctrl+ or alt+ and a letter, or one of %s", s, strings.Join(named, ", "))
}

// reserved reports whether terminals or multiplexers do not pass ctrl and that
// letter on, or send it for another key.
func reserved(letter string) bool {
	return len(letter) == 1 && strings.Contains("bahimjsqptngo[", letter)
}

// Shown writes keys for the help.
func Shown(keys ...string) string {
	arrows := strings.NewReplacer("up", "↑", "down", "↓", "left", "←", "right", "→")
	out := make([]string, len(keys))
	for i, k := range keys {
		switch k {
		case " ":
			out[i] = "space"
		case "up", "down", "left", "right":
			out[i] = arrows.Replace(k)
		default:
			out[i] = k
		}
	}
	return strings.Join(out, " ")
}
