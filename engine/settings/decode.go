package settings

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// file reads one settings file into the set, above what is there.
func (l *loader) file(layer Layer, name string, text []byte) {
	leaves, diags := spec.Leaves(name, text)
	l.diags = append(l.diags, diags...)
	if errs, _ := diag.Count(diags); errs > 0 {
		return // half of a file must not count
	}
	written := map[string]spec.Leaf{} // by canonical key
	for i := range leaves {
		leaf := &leaves[i]
		path := strings.Join(leaf.Path, ".")
		switch section, rest := surfaceSection(path); {
		case section != "" && rest != "":
			l.named(section, rest, leaf)
		case leaf.Table:
			l.table(path, leaf)
		default:
			l.entry(layer, path, leaf, written)
		}
	}
}

// surfaceSection splits a path in a section that belongs to the surface.
func surfaceSection(path string) (section, rest string) {
	for _, s := range []string{keysSection, themeColors} {
		if path == s {
			return s, ""
		}
		if rest, ok := strings.CutPrefix(path, s+"."); ok {
			return s, rest
		}
	}
	return "", ""
}

// named takes an entry of a section of the surface: text, or a list of texts.
func (l *loader) named(section, name string, leaf *spec.Leaf) {
	n := Named{Name: name, Place: leaf.Key}
	text, ok := leaf.Value.(string)
	switch {
	case ok:
		n.Values = []string{text}
	case leaf.Table:
		return // a dotted name; what it holds follows
	case leaf.List && section == keysSection:
		for i := range leaf.Items {
			if text, ok = leaf.Items[i].Value.(string); !ok {
				break
			}
			n.Values = append(n.Values, text)
		}
		ok = len(n.Values) == len(leaf.Items)
	}
	if !ok {
		want := map[string]string{keysSection: "a string or a list of strings", themeColors: "a string"}[section]
		l.complain(leaf.At, "wrong-type", "", "`%s` in [%s] takes %s, not %s", name, section, want, leaf.Describe())
		return
	}
	into := &l.set.Bindings
	if section == themeColors {
		into = &l.set.Colors
	}
	i, found := slices.BinarySearchFunc(*into, name, func(n Named, name string) int { return strings.Compare(n.Name, name) })
	if found {
		(*into)[i] = n
		return
	}
	*into = slices.Insert(*into, i, n)
}

// table checks the name of a section.
func (l *loader) table(path string, leaf *spec.Leaf) {
	if slices.Contains(sections, path) || strings.HasPrefix(leaf.Path[len(leaf.Path)-1], "x-") {
		return
	}
	if _, ok := index[path]; ok {
		l.complain(leaf.At, "wrong-type", "", "`%s` takes %s, not a table", path, keys[index[path]].Kind)
		return
	}
	if l.belowUnknown(leaf.Path[:len(leaf.Path)-1]) {
		return
	}
	l.complain(leaf.Key, "unknown-table", nearest(path, sections), "there is no section [%s]", path)
}

// belowUnknown reports whether a section above was complained about already, or
// is the user's own.
func (l *loader) belowUnknown(path []string) bool {
	for n := range path {
		s := strings.Join(path[:n+1], ".")
		if !slices.Contains(sections, s) {
			return true
		}
	}
	return false
}

// entry takes one value of a file.
func (l *loader) entry(layer Layer, path string, leaf *spec.Leaf, written map[string]spec.Leaf) {
	last := leaf.Path[len(leaf.Path)-1]
	at, known := index[path]
	switch {
	case known:
	case slices.Contains(sections, path):
		l.complain(leaf.At, "wrong-type", fmt.Sprintf("write [%s] on a line of its own, its keys below", path), "`%s` is a section, not %s", path, leaf.Describe())
		return
	case strings.HasPrefix(last, "x-") || l.belowUnknown(leaf.Path[:len(leaf.Path)-1]):
		return
	default:
		section, _, _ := cutLast(path)
		hint := nearest(path, names())
		l.complain(leaf.Key, "unknown-key", hint, "%s has no key `%s`", inSection(section), last)
		return
	}
	k := &keys[at]
	v, problem := k.fromLeaf(leaf)
	if problem != nil {
		l.complain(leaf.At, problem.code, problem.hint, "`%s` %s", path, problem.text)
		return
	}
	name := k.canonical()
	if old, twice := written[name]; twice {
		l.complain(leaf.Key, "repeated-key", "keep one of the two", "`%s` means the same as `%s`, which is set on line %d", path, strings.Join(old.Path, "."), old.Key.Pos.Line)
		return
	}
	written[name] = *leaf
	l.put(k, v, Origin{Layer: layer, Pos: leaf.At.Pos}, leaf.At)
	l.warn(k, v, &leaf.Key)
}

func inSection(section string) string {
	if section == "" {
		return "the top of the file"
	}
	return "[" + section + "]"
}

// canonical is the name under which the key's value is kept.
func (k *Key) canonical() string {
	if k.Same != "" {
		return k.Same
	}
	return k.Name
}

// problem is why a value cannot be taken.
type problem struct{ code, text, hint string }

// fromLeaf reads a value of a file.
func (k *Key) fromLeaf(leaf *spec.Leaf) (any, *problem) {
	wrong := &problem{code: "wrong-type", text: fmt.Sprintf("takes %s, not %s", k.Kind, leaf.Describe())}
	switch v := leaf.Value.(type) {
	case bool:
		if k.Kind == Bool {
			return v, nil
		}
	case int64:
		return k.number(float64(v), wrong)
	case float64:
		if k.Kind == Float {
			return k.number(v, wrong)
		}
	case string:
		switch k.Kind {
		case Text, Duration, Texts:
			return k.text(v)
		case Bool, Int, Float, Millis:
			if _, err := k.text(v); err == nil {
				wrong.hint = "write it without quotes"
			}
		}
	case nil:
		if k.Kind == Texts && leaf.List {
			out := make([]string, 0, len(leaf.Items))
			for i := range leaf.Items {
				text, ok := leaf.Items[i].Value.(string)
				if !ok {
					return nil, wrong
				}
				out = append(out, text)
			}
			return k.list(out)
		}
	}
	return nil, wrong
}

// number checks a number against the key's bounds.
func (k *Key) number(v float64, wrong *problem) (any, *problem) {
	var out any
	switch k.Kind {
	case Int:
		out = int(v)
	case Float:
		out = v
	case Millis:
		out = time.Duration(v) * time.Millisecond
	case Duration:
		wrong.hint = fmt.Sprintf("say the unit: \"%.0fs\"", v)
		return nil, wrong
	default:
		return nil, wrong
	}
	return out, k.within(v, strconv.FormatFloat(v, 'g', -1, 64))
}

// within checks v, written as shown, against the bounds.
func (k *Key) within(v float64, shown string) *problem {
	show := func(v float64) string {
		if k.Kind == Duration {
			return (time.Duration(v) * time.Millisecond).String()
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	switch {
	case v < k.Min:
		return &problem{code: "setting-value", text: fmt.Sprintf("is at least %s, not %s", show(k.Min), shown)}
	case k.Max > 0 && v > k.Max:
		return &problem{code: "setting-value", text: fmt.Sprintf("is at most %s, not %s", show(k.Max), shown)}
	}
	return nil
}

// text reads a value as the environment holds it, and strings of a file.
func (k *Key) text(v string) (any, *problem) {
	switch k.Kind {
	case Bool:
		b, ok := map[string]bool{"true": true, "1": true, "yes": true, "on": true, "false": false, "0": false, "no": false, "off": false}[strings.ToLower(strings.TrimSpace(v))]
		if !ok {
			return nil, &problem{code: "wrong-type", text: fmt.Sprintf("is true or false, not %q", v)}
		}
		return b, nil
	case Int, Float, Millis:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil || k.Kind != Float && f != float64(int64(f)) {
			return nil, &problem{code: "wrong-type", text: fmt.Sprintf("is %s, not %q", k.Kind, v)}
		}
		return k.number(f, nil)
	case Duration:
		d, err := spec.ParseDuration(v)
		if err != nil {
			return nil, &problem{code: "invalid-duration", text: "is " + k.Kind.String() + ": " + err.Error(), hint: `write a number and a unit: "500ms", "30s", "5m", "1h"`}
		}
		return d, k.within(float64(d)/float64(time.Millisecond), v)
	case Texts:
		return k.list([]string{v})
	default:
		if k.Values != nil && !slices.Contains(k.Values, v) {
			return nil, &problem{code: "setting-value", text: fmt.Sprintf("is one of %s, not %q", strings.Join(k.Values, ", "), v), hint: diag.DidYouMean(v, k.Values)}
		}
		return v, nil
	}
}

// list checks the elements of a list.
func (k *Key) list(items []string) (any, *problem) {
	for _, it := range items {
		if strings.TrimSpace(it) == "" {
			return nil, &problem{code: "setting-value", text: "has an empty element"}
		}
		if k.Values != nil && !slices.Contains(k.Values, it) {
			return nil, &problem{code: "setting-value", text: fmt.Sprintf("holds %s, not %q", strings.Join(k.Values, ", "), it), hint: diag.DidYouMean(it, k.Values)}
		}
	}
	return items, nil
}

// names lists all keys.
func names() []string {
	out := make([]string, len(keys))
	for i := range keys {
		out[i] = keys[i].Name
	}
	return out
}

// nearest is the hint for a name that is not known: a slip of the pen, or the
// same key in another section.
func nearest(path string, known []string) string {
	if hint := diag.DidYouMean(path, known); hint != "" {
		return hint
	}
	_, last, _ := cutLast(path)
	for _, name := range known {
		if _, end, _ := cutLast(name); end == last {
			return "did you mean `" + name + "`?"
		}
	}
	return "`clnrm-tui config show` lists all keys; keys of your own begin with x-"
}

// cutLast splits a dotted name at its last dot.
func cutLast(path string) (before, last string, found bool) {
	if at := strings.LastIndexByte(path, '.'); at >= 0 {
		return path[:at], path[at+1:], true
	}
	return "", path, false
}

// quote writes text as a string of TOML; the password of an address is masked.
func quote(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		s = u.Redacted()
	}
	return strconv.Quote(s)
}
