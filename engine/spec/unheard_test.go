package spec

import (
	"strings"
	"testing"
)

// TestNothingOfAServiceIsReadAndDropped gives services keys that their plugin
// has no use for: each is named with the reason, and only those are.
func TestNothingOfAServiceIsReadAndDropped(t *testing.T) {
	elsewhere := "plugin = \"ollama\"\nendpoint = \"http://localhost:11434\"\n"
	for text, want := range map[string]string{
		"plugin = \"ollama\"\nmodel = \"m\"":                               "`model` of service \"a\" has no effect: the image starts without a model",
		"plugin = \"vllm\"\nmodel = \"m\"":                                 "",
		"plugin = \"vllm\"\nmodel = \"m\"\nargs = [\"serve\"]":             "`args` says how the container is started",
		"plugin = \"tgi\"\ncommand = [\"serve\"]\nmodel_id = \"m\"":        "`model_id` of service \"a\" has no effect: `args` says",
		"plugin = \"surrealdb\"\nmodel = \"m\"":                            "it is no option of plugin surrealdb",
		"plugin = \"surrealdb\"\nusername = \"u\"":                         "",
		"plugin = \"surrealdb\"\nstrict = false\nargs = [\"start\"]":       "",
		"plugin = \"surrealdb\"\nstrict = true\nargs = [\"start\"]":        "`strict` of service",
		"plugin = \"surrealdb\"\nendpoint = \"db:8000\"\npassword = \"p\"": "as it was set up there",
		"image = \"a:1\"\nusername = \"u\"":                                "it is no option of plugin generic_container",
		"plugin = \"surrealdb\"\npackage = \"./cmd\"":                      "`package` of service \"a\" has no effect: it is no option",
		"plugin = \"go_binary\"\npackage = \"./cmd\"\nargs = [\"serve\"]":  "",
		elsewhere:                                                             "",
		elsewhere + "model = \"m\"":                                           "the service runs elsewhere, at `endpoint`, as it was set up there",
		elsewhere + "image = \"x:1\"":                                         "`image` of service \"a\" has no effect: the service runs elsewhere",
		elsewhere + "environment = { A = \"b\" }":                             "`environment` of service",
		elsewhere + "env = {}\nports = []":                                    "",
		elsewhere + "ready = { log = \"up\" }":                                "`ready` of service",
		"plugin = \"otel_collector\"\nenv = { A = \"b\" }":                    "`env` of service \"a\" has no effect: the receiver that is built in",
		"plugin = \"otel_collector\"\nimage = \"c:1\"\nenv = { A = \"b\" }":   "",
		"plugin = \"network_service\"\nendpoint = \"db:1\"\nusername = \"u\"": "it is no option of plugin network_service",
	} {
		doc := []byte("[meta]\nname = \"t\"\nversion = \"1\"\n[service.a]\n" + text)
		_, ds := Decode("t.clnrm.toml", doc, PlainText("t.clnrm.toml", doc))
		got := ""
		for _, d := range ds {
			if d.Code == "not-honoured" {
				got += d.Message + "\n"
			}
		}
		if (want == "") != (got == "") || !strings.Contains(got, want) || strings.Count(got, "\n") > 1 {
			t.Errorf("%s\nsaid %q, not %q", text, got, want)
		}
	}
}

// TestTheHeaderThatDoesNotCountIsNamed gives a file several headers: what only
// one says counts, and where they disagree the loser is named.
func TestTheHeaderThatDoesNotCountIsNamed(t *testing.T) {
	const meta = "[meta]\nname = \"a\"\nversion = \"1.0\"\n"
	for text, want := range map[string][]string{
		meta + "[test.metadata]\nname = \"a\"\nauthor = \"me\"":             nil,
		meta + "[test.metadata]\nname = \"b\"":                              {"`name` has no effect: another header of this file says \"a\""},
		meta + "[test]\nname = \"b\"\nversion = \"2\"":                      {"`name` has no effect", "`version` has no effect"},
		meta + "timeout = \"5s\"\n[test.metadata]\ntimeout = \"6s\"":        {"`timeout` has no effect: another header of this file says \"5s\""},
		meta + "timeout = \"60s\"\n[test.metadata]\ntimeout = \"1m\"":       nil,
		"[test]\nname = \"b\"\n[test.metadata]\nname = \"a\"":               {"`name` has no effect: another header of this file says \"a\""},
		meta + "[test.metadata]\ndescription = \"d\"\n[test]\nname = \"a\"": nil,
	} {
		doc := []byte(text)
		f, ds := Decode("t.clnrm.toml", doc, PlainText("t.clnrm.toml", doc))
		var got []string
		for _, d := range ds {
			got = append(got, d.Message)
		}
		if len(got) != len(want) {
			t.Errorf("%s\nsaid %q", text, got)
			continue
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("%s\nsaid %q, not %q", text, got[i], want[i])
			}
		}
		if f.Name != "a" || strings.Contains(text, "description") && f.Descr != "d" {
			t.Errorf("%s\nis named %q: %q", text, f.Name, f.Descr)
		}
	}
}
