package builtin

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

func addNumberFilters(t *Table) {
	t.filter("abs", abs)
	t.filter("round", round, "method", "precision")
	t.filter("pluralize", pluralize, "singular", "plural")
	t.filter("filesizeformat", fileSize, "binary")
}

func abs(_ Host, v any, _ *Args) (any, error) {
	switch v := v.(type) {
	case int64:
		if v == math.MinInt64 {
			return nil, errors.New("the result does not fit 64 bits")
		}
		return max(v, -v), nil
	case uint64:
		return v, nil
	case float64:
		return math.Abs(v), nil
	}
	return nil, wrongValue(v, "a number")
}

// round gives a float; halves go away from zero.
func round(_ Host, v any, a *Args) (any, error) {
	if !value.IsNumber(v) {
		return nil, wrongValue(v, "a number")
	}
	f := value.Float(v)
	method, err := a.text("method", "common")
	if err != nil {
		return nil, err
	}
	precision, err := a.integer("precision", 0)
	if err != nil {
		return nil, err
	}
	scale := math.Pow(10, float64(precision))
	switch method {
	case "common":
		f = math.Round(f*scale) / scale
	case "ceil":
		f = math.Ceil(f*scale) / scale
	case "floor":
		f = math.Floor(f*scale) / scale
	default:
		return nil, fmt.Errorf("argument `method` is `%s`, expected `common`, `ceil` or `floor`", method)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, nil
	}
	return f, nil
}

func pluralize(_ Host, v any, a *Args) (any, error) {
	if !value.IsNumber(v) {
		return nil, wrongValue(v, "a number")
	}
	singular, err := a.text("singular", "")
	if err != nil {
		return nil, err
	}
	plural, err := a.text("plural", "s")
	if err != nil {
		return nil, err
	}
	if math.Abs(value.Float(v)) == 1 {
		return singular, nil
	}
	return plural, nil
}

func fileSize(_ Host, v any, a *Args) (any, error) {
	binary, err := a.flag("binary", false)
	if err != nil {
		return nil, err
	}
	n, ok := v.(int64)
	if u, big := v.(uint64); big {
		return sizeText(float64(u), binary), nil
	}
	if !ok || n < 0 {
		return nil, wrongValue(v, "a whole number from 0")
	}
	return sizeText(float64(n), binary), nil
}

// sizeText counts in steps of 1024 in both notations, as Tera does.
func sizeText(n float64, binary bool) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	if binary {
		units = []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	}
	i := 0
	for n >= 1024 && i < len(units)-1 {
		n /= 1024
		i++
	}
	if n == math.Trunc(n) {
		return strconv.FormatFloat(n, 'f', 0, 64) + " " + units[i]
	}
	return strconv.FormatFloat(n, 'f', 2, 64) + " " + units[i]
}
