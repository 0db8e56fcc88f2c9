package cmd_test

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/cmd"
)

// The help of every command fits a terminal of eighty columns.
func TestHelpFitsEightyColumns(t *testing.T) {
	commands := 0
	var check func(command ...string)
	check = func(command ...string) {
		commands++
		name := "clnrm-tui " + strings.Join(command, " ")
		var out bytes.Buffer
		if status := cmd.Execute(append(command, "--help"), strings.NewReader(""), &out, io.Discard); status != 0 {
			t.Fatalf("%s --help: status %d", name, status)
		}
		text := out.String()
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s --help: %d columns: %s", name, n, line)
			}
		}
		_, below, _ := strings.Cut(text, "Available Commands:\n")
		below, _, _ = strings.Cut(below, "\n\n")
		for _, m := range regexp.MustCompile(`(?m)^  (\S+)`).FindAllStringSubmatch(below, -1) {
			// The scripts for shells are described by the library that writes them.
			if m[1] != "help" && m[1] != "completion" {
				check(append(command[:len(command):len(command)], m[1])...)
			}
		}
	}
	check()
	if commands < 25 {
		t.Errorf("only %d commands were found", commands)
	}
}
