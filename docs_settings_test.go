package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
)

const settingsIntroduction = "# Settings\n\n" + `A project says in ` + "`cleanroom.toml`" + ` (or ` + "`clnrm.toml`" + `) how it is checked and run; none is
needed. Every key is optional, and each of these layers stands above the ones
before it, key by key:

1. what is built in;
2. the user's own file, ` + "`~/.config/cleanroom/cleanroom.toml`" + ` (or below
   ` + "`$XDG_CONFIG_HOME`" + `);
3. the project's file, the nearest at or above the folder that is worked on, or
   the one that ` + "`--config FILE`" + ` names;
4. the environment; an empty variable counts as not set, and commas separate the
   elements of a list;
5. the options of the command.

` + "```console" + `
$ clnrm-tui config show
$ clnrm-tui config show --format json
` + "```" + `

A file that cannot be read whole, an unknown key, a wrong type or a value out of
its range is an error with its place (exit status 2), and nothing is done. Keys
that begin with ` + "`x-`" + ` are yours. While ` + "`watch`" + ` or the dashboard runs, a changed file
is read again; a bad one changes nothing and is said, and so is what only takes
effect at the next start.

A project's file above the tests counts only when it belongs to you, to root, or to
the owner of the tests: anybody can put one into ` + "`/tmp`" + `. Another one is an error;
` + "`--config FILE`" + ` says that you trust it. What else marks a project's root, ` + "`.git`" + ` and
` + "`go.mod`" + `, is passed over when it is somebody else's.

Two more sections have names of their own. ` + "`[keys]`" + ` gives an action of the
dashboard another key, or a list of keys, or none: ` + "`run = [\"r\", \"ctrl+r\"]`" + `.
` + "`[theme.colors]`" + ` gives a part of the theme a colour.

## Renderings that outlive the process

A rendering is kept under the hash of all that it was made from: the template, the
files it includes or looks for, the variables it reads, the options, the build of
this program. ` + "`--cache disk`" + ` and ` + "`--cache redis://HOST:PORT`" + ` (or ` + "`cache.backend`" + `) keep
it behind the memory of the process. One that holds a secret stays in memory. A
record that was changed is dropped and said; a store that fails or is slow is
bypassed for a while, which is said too. A store that cannot be used at the start
is an error of the environment (exit status 3); ` + "`watch`" + ` and the dashboard go on
without it. Who can write to a shared Redis decides what others check: share it
as you share a build cache.

` + "```console" + `
$ clnrm-tui --cache disk cache stats
$ clnrm-tui --cache disk cache clear
` + "```" + `

## Files that are left out

` + "`.clnrmignore`" + ` in any folder leaves out files and folders; its form is that of
` + "`.gitignore`" + `, with ` + "`!`" + ` to take back. ` + "`watch.ignore_files`" + ` can name ` + "`.gitignore`" + ` and
` + "`.ignore`" + ` as well. An edit of such a file counts at once. A file that is named on
the command line is looked at whatever ignores it.
`

// docs/settings.md is the table that files are checked against.
func TestSettingsPageIsComplete(t *testing.T) {
	var page, unused strings.Builder
	page.WriteString(settingsIntroduction)
	cell := func(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
	section := ""
	none := func(string) (string, bool) { return "", false }
	set, _ := settings.Load(settings.Source{Dir: t.TempDir(), Root: t.TempDir(), Base: t.TempDir(), Env: none})
	for _, v := range set.All() {
		k := v.Key
		if k.Unused != "" {
			why := k.Unused
			if k.Refused {
				why += "; another value is an error"
			}
			fmt.Fprintf(&unused, "| `%s` | `%s` | `%s` | %s |\n", k.Name, cell(k.DefaultText()), k.Env, cell(why))
			continue
		}
		if s := k.Name[:strings.LastIndexByte(k.Name, '.')]; s != section {
			section = s
			fmt.Fprintf(&page, "\n## [%s]\n\n| key | default | variable | meaning |\n| --- | --- | --- | --- |\n", s)
		}
		meaning := k.Text
		if k.Values != nil {
			meaning += " One of " + strings.Join(k.Values, ", ") + "."
			if k.Kind == settings.Texts {
				meaning = strings.Replace(meaning, "One of", "Any of", 1)
			}
		}
		if k.Start {
			meaning += " Takes effect at the next start."
		}
		fmt.Fprintf(&page, "| `%s` | `%s` | `%s` | %s |\n", strings.TrimPrefix(k.Name, section+"."), cell(k.DefaultText()), k.Env, cell(meaning))
	}
	page.WriteString("\n## Keys without effect\n\nThese are read, checked, and named in a warning when they are set to anything but\n" +
		"what the program does anyway, so that files written for other versions can stay.\n\n| key | default | variable | why |\n| --- | --- | --- | --- |\n")
	page.WriteString(unused.String())
	generated(t, "docs/settings.md", page.String())
}
