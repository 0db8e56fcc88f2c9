package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
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
	kebab := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	for _, dir := range []string{".", "../spec"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "codes.go" {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil && kebab.MatchString(s) && !slices.Contains(notCodes, s) {
						emitted[s] = true
					}
				}
				return true
			})
		}
	}
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
