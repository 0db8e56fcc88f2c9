// Command mutate shows how much the tests of a package notice: it turns the
// outcome of every comparison and of every logical connective around, one at a
// time, and runs the tests of the package against each of these mutants. A
// mutant that passes all of them has survived and is listed with its place; then
// the exit status is 1.
//
//	go run ./scripts/mutate [-timeout 30s] [-skip FILE] ./engine/expect …
//
// All mutants of a package are compiled into one test binary and chosen by a
// variable of the environment, so a mutant costs no more than a run of the tests.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	timeout := flag.Duration("timeout", time.Minute, "how long the tests may take over one mutant; longer counts as noticed")
	jobs := flag.Int("jobs", 2, "mutants tested at a time")
	equal := flag.String("equivalent", "scripts/mutate/equivalent.txt", "mutants that behave like the original: FILE: OPERATION, one a line")
	flag.Parse()
	known, err := equivalents(*equal)
	if err != nil {
		fail(err)
	}
	survivors := 0
	for _, dir := range flag.Args() {
		n, err := measure(dir, known, *timeout, *jobs)
		if err != nil {
			fail(fmt.Errorf("%s: %w", dir, err))
		}
		survivors += n
	}
	if survivors > 0 {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "mutate:", err)
	os.Exit(2)
}

// equivalents reads the list of mutants that no test can notice.
func equivalents(path string) (map[string]bool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		mutant, _, _ := strings.Cut(line, " // ")
		if mutant = strings.TrimSpace(mutant); mutant != "" && !strings.HasPrefix(mutant, "#") {
			known[mutant] = true
		}
	}
	return known, nil
}

// mutant is one operation whose outcome is turned around.
type mutant struct {
	file      string
	line      int
	operation string
}

func (m mutant) name() string { return m.file + ": " + m.operation }

// measure tests all mutants of a package and returns how many survived.
func measure(dir string, known map[string]bool, timeout time.Duration, jobs int) (survived int, err error) {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	mutants, overlay, err := rewrite(dir, work)
	if err != nil {
		return 0, err
	}
	binary := filepath.Join(work, "tests")
	build := exec.Command("go", "test", "-c", "-overlay", overlay, "-o", binary, dir)
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build: %w\n%s", err, out)
	}
	if noticed, out := run(binary, dir, -1, timeout); noticed {
		return 0, fmt.Errorf("the tests fail without a mutant:\n%s", out)
	}
	alive := make([]bool, len(mutants))
	var wg sync.WaitGroup
	slots := make(chan struct{}, jobs)
	for i := range mutants {
		if known[mutants[i].name()] {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			noticed, _ := run(binary, dir, i, timeout)
			alive[i] = !noticed
			<-slots
		})
	}
	wg.Wait()
	equivalent := 0
	for i, m := range mutants {
		if known[m.name()] {
			equivalent++
		} else if alive[i] {
			survived++
			fmt.Printf("%s:%d: survived: %s\n", m.file, m.line, m.operation)
		}
	}
	fmt.Printf("%s: %d mutants, %d noticed, %d survived, %d behave like the original\n",
		dir, len(mutants), len(mutants)-survived-equivalent, survived, equivalent)
	return survived, nil
}

// run runs the tests against mutant n and reports whether they noticed it.
func run(binary, dir string, n int, timeout time.Duration) (noticed bool, out []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-test.failfast", "-test.run", "^Test")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CLNRM_MUTANT="+strconv.Itoa(n))
	out, err := cmd.CombinedOutput()
	return err != nil, out
}

// flip is the name of the function that turns outcomes around.
const flip = "mutantFlip"

// chooser is the file that is added to the package.
const chooser = `package %s

import (
	"os"
	"strconv"
)

var mutantChosen = func() int {
	n, err := strconv.Atoi(os.Getenv("CLNRM_MUTANT"))
	if err != nil {
		return -1
	}
	return n
}()

// mutantFlip turns an outcome around when its mutant is chosen.
func mutantFlip(n int, outcome bool) bool { return outcome != (n == mutantChosen) }
`

// rewrite writes the package with all mutants in it to work.
func rewrite(dir, work string) (mutants []mutant, overlay string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, "", err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, "", err
	}
	replace := map[string]string{}
	name := ""
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return nil, "", err
		}
		name = file.Name.Name
		ast.Walk(&rewriter{fset: fset, path: filepath.Base(path), mutants: &mutants}, file)
		var text bytes.Buffer
		if err := printer.Fprint(&text, fset, file); err != nil {
			return nil, "", err
		}
		to := filepath.Join(work, filepath.Base(path))
		if err := os.WriteFile(to, text.Bytes(), 0o600); err != nil {
			return nil, "", err
		}
		replace[path] = to
	}
	to := filepath.Join(work, "zz_mutants.go")
	if err := os.WriteFile(to, fmt.Appendf(nil, chooser, name), 0o600); err != nil {
		return nil, "", err
	}
	replace[filepath.Join(dir, "zz_mutants.go")] = to
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, "", err
	}
	overlay = filepath.Join(work, "overlay.json")
	return mutants, overlay, os.WriteFile(overlay, list, 0o600)
}

// rewriter wraps every comparison and connective below a node.
type rewriter struct {
	fset    *token.FileSet
	path    string
	mutants *[]mutant
}

// Visit implements ast.Visitor.
func (r *rewriter) Visit(n ast.Node) ast.Visitor {
	switch x := n.(type) {
	case *ast.GenDecl:
		if x.Tok == token.CONST || x.Tok == token.TYPE || x.Tok == token.IMPORT {
			return nil
		}
	case *ast.BinaryExpr:
		x.X, x.Y = r.expr(x.X), r.expr(x.Y)
	case *ast.ParenExpr:
		x.X = r.expr(x.X)
	case *ast.UnaryExpr:
		x.X = r.expr(x.X)
	case *ast.IfStmt:
		x.Cond = r.expr(x.Cond)
	case *ast.ForStmt:
		x.Cond = r.expr(x.Cond)
	case *ast.CallExpr:
		if f, ok := x.Fun.(*ast.Ident); !ok || f.Name != flip { // else it is ours
			r.list(x.Args)
		}
	case *ast.ReturnStmt:
		r.list(x.Results)
	case *ast.AssignStmt:
		r.list(x.Rhs)
	case *ast.ValueSpec:
		r.list(x.Values)
	case *ast.CaseClause:
		r.list(x.List)
	case *ast.CompositeLit:
		r.list(x.Elts)
	case *ast.KeyValueExpr:
		x.Value = r.expr(x.Value)
	case *ast.SendStmt:
		x.Value = r.expr(x.Value)
	}
	return r
}

func (r *rewriter) list(exprs []ast.Expr) {
	for i := range exprs {
		exprs[i] = r.expr(exprs[i])
	}
}

// expr returns e, wrapped if its outcome can be turned around.
func (r *rewriter) expr(e ast.Expr) ast.Expr {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return e
	}
	switch b.Op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ, token.LAND, token.LOR:
	default:
		return e
	}
	var text bytes.Buffer
	if err := printer.Fprint(&text, r.fset, b); err != nil {
		return e // it is not tested, and the count says so
	}
	n := len(*r.mutants)
	operation := strings.Join(strings.Fields(text.String()), " ")
	*r.mutants = append(*r.mutants, mutant{r.path, r.fset.Position(b.Pos()).Line, operation})
	return &ast.CallExpr{Fun: ast.NewIdent(flip), Args: []ast.Expr{
		&ast.BasicLit{Kind: token.INT, Value: strconv.Itoa(n)}, b,
	}}
}
