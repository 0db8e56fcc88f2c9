package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// notCodes are words of the format that look like codes.
var notCodes = []string{"otlp-http", "otlp-grpc"}

func TestEveryEmittedCodeIsExplainedAndEveryExplainedCodeIsEmitted(t *testing.T) {
	emitted := map[string]bool{}
	codesIn(t, emitted, ".", `^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	codesIn(t, emitted, "../spec", `^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	codesIn(t, emitted, "../template", `^template(-[a-z0-9]+)+$`)
	codesIn(t, emitted, "../settings", `^setting(-[a-z0-9]+)+$`)
	codesIn(t, emitted, "..", `^(file|internal)(-[a-z0-9]+)+$`)
	for code := range emitted {
		if _, ok := Explain(code); !ok {
			t.Errorf("code %q is emitted and not explained", code)
		}
	}
	for _, c := range Codes() {
		if !emitted[c.Code] {
			t.Errorf("code %q is explained and never emitted", c.Code)
		}
		if !strings.HasSuffix(c.Text, ".") {
			t.Errorf("the explanation of %q is not made of sentences", c.Code)
		}
	}
	if !slices.IsSortedFunc(Codes(), func(a, b Code) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("codes are not sorted, Explain would miss some")
	}
}

func TestExplainOfAnUnknownCode(t *testing.T) {
	if _, ok := Explain("no-such-code"); ok {
		t.Error("an unknown code was explained")
	}
}

// codesIn collects the strings of the Go files below dir (of "..", in it) that
// look like codes.
func codesIn(t *testing.T, into map[string]bool, dir, pattern string) {
	t.Helper()
	kebab := regexp.MustCompile(pattern)
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && dir == ".." && name != dir {
			return fs.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "codes.go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && kebab.MatchString(s) && !slices.Contains(notCodes, s) {
					into[s] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
