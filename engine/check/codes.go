package check

import (
	"slices"
	"strings"
)

// Code is a diagnostic code with its explanation.
type Code struct {
	Code string
	Text string // one paragraph: what it means, why it matters, what to do
}

// Explain returns the explanation of a diagnostic code, whichever layer of the
// dry run emits it.
func Explain(code string) (Code, bool) {
	i, ok := slices.BinarySearchFunc(codes, code, func(c Code, want string) int { return strings.Compare(c.Code, want) })
	if !ok {
		return Code{}, false
	}
	return codes[i], true
}

// Codes returns all codes of the dry run, sorted.
func Codes() []Code { return slices.Clone(codes) }

// codes is sorted by code.
var codes = []Code{
	{"built-in-collector", "A service of plugin otel_collector without an image needs no container: an OTLP receiver is beside every container already, on the ports that every SDK uses by default, and what arrives there is judged."},
	{"chaos-drawn", "What a chaos engine injects with its seed, or that it injects nothing into a scenario. The dice depend on the seed and on the names of the engine, the scenario, its steps and the services: the same file always has the same faults."},
	{"contradictory-bounds", "No value can meet these bounds: a minimum above its maximum, an `eq` outside of its range, a health check without an attempt, or more commands demanded than the file has. Such an expectation could only fail, so it is refused before anything runs."},
	{"dependency-cycle", "Services name each other in `depends_on` in a circle, so none of them could start first. The message prints the circle; remove one of its links."},
	{"deprecated-header", "The header of v0.3 files, [test] with `name`, is still read. Newer tools expect [test.metadata], or [meta] with a name and a version."},
	{"disallowed-command", "A step runs a command that the policy of its scenario forbids. Commands are recognised by the name of the program, with or without its folder, also inside of shell scripts; an entry of several words forbids commands that begin with these words. What a program starts by itself is not seen."},
	{"duplicate-scenario", "Two scenarios of a file have the same name. Results, traces and reports are kept by name, so the later one would hide the earlier one."},
	{"duplicate-step", "Two steps of a scenario have the same name although steps run side by side or depend on each other by name: it could not be told which is meant."},
	{"empty-expectation", "A table of expectations is there and asks for nothing, which makes a file look checked when it is not. Say what to expect, or remove the table."},
	{"empty-name", "A name, a key or a pattern is empty or blank. To mean every span, write the pattern \"*\"."},
	{"env-name", "The name of an environment variable consists of letters, digits and underscores and does not begin with a digit; shells and many programs cannot see any other."},
	{"exit-code-range", "Processes end with an exit code from 0 to 255. A process that was killed by a signal never meets an expected exit code."},
	{"file-encoding", "The file is not UTF-8 text: it may be in another encoding, or no text at all. Test files are UTF-8."},
	{"file-unreadable", "The file could not be read. The message is that of the operating system; a file that is being replaced by an editor is read again when it is complete."},
	{"floating-image", "An image without a tag or with the tag `latest` can change from one day to the next, and the outcome of the test with it. A version or a digest makes runs repeatable."},
	{"freeze-clock", "`freeze_clock` takes a time in the form of RFC 3339 with a time zone, for example 2025-01-01T00:00:00Z."},
	{"image-and-build", "A service is made from one thing: an `image`, a `build` context, or, with plugin go_binary, a Go `package`. With two of them it would be a guess which one was tested."},
	{"internal-error", "The program itself failed over this file; the complaint carries the stack. Other templates are not affected. Please report it together with the file."},
	{"invalid-artifact", "An entry of `artifacts.collect` has the form kind:name. Kinds are spans (spans:default), logs (logs:stdout, logs:stderr, logs:all) and files (files:/path)."},
	{"invalid-chaos", "A [[scenario.chaos]] names a fault (cpu with `percent`, latency with `latency_ms`, loss with `percent`, memory with `megabytes`, partition or pause), a service, and the step `during` which it acts. For partition and pause the step must run in another service: what is paused or cut off cannot answer. Latency and loss act on the packets between the service and the others, or the one that `from` names, and not while a service is cut off. Faults during steps that may run at the same time must be able to act beside each other. A service with plugin chaos_engine draws such faults: each of its options must be able to act somewhere, and with its seed something must."},
	{"invalid-command", "A command line is empty, names no program, or has a quote that is never closed. `command` is a list of words; `run` is one line, which is handed to `sh -c` when it uses shell syntax."},
	{"invalid-condition", "A condition of readiness is a table with one of the keys tcp, http, grpc, file, log, log_regex, cmd, exit and span, and the options that go with it; `ready` takes a list of such tables. `depends_on` takes a list of services, or a table that says for each whether it must be started, ready or exited."},
	{"invalid-duration", "A duration is a number with a unit: \"500ms\", \"30s\", \"5m\", \"1h\", \"2 days\", or \"1m30s\". Keys that end in _ms or _secs take a bare number as well."},
	{"invalid-endpoint", "A service that runs elsewhere has an `endpoint`: a URL such as http://localhost:11434, or host:port."},
	{"invalid-glob", "Wherever a span name is expected, a pattern may stand: * is any run of characters, ? is one, [abc] and [a-z] are one of a class, [!x] is any other. A bracket that opens must close."},
	{"invalid-image", "An image reference is [registry[:port]/]path[:tag][@digest], in lower case and without blanks, for example alpine:3.20."},
	{"invalid-kind", "A span kind is one of internal, server, client, producer and consumer."},
	{"invalid-limit", "An amount of memory is a number with a unit, \"64m\" or \"2g\", in units of 1024; `memory_mb` takes the number of MiB alone."},
	{"invalid-policy", "`security_level` of a policy is one of low, medium and high, and a bound is a positive number."},
	{"invalid-regex", "The regular expression does not compile. The syntax is RE2: no look-ahead, no look-behind, no back-references. In double quotes a backslash is doubled; single quotes take it as it is."},
	{"invalid-status", "A span status is one of OK, ERROR and UNSET."},
	{"invalid-volume", "A volume has a host path (relative ones start at the test file) and an absolute path inside the container: { host_path = \"./data\", container_path = \"/app/data\", read_only = true } or \"./data:/app/data:ro\". A tmpfs is an absolute path, \"/run\" or \"/run:size=64m\". At each path there can be one thing."},
	{"missing-description", "The file says nothing about what it is for. A `description` under [meta] is shown beside its name in reports and in the dashboard. Only `lint` asks for it."},
	{"missing-header", "A test file begins with [meta] (name and version) or with [test.metadata] (name). Without either, it may be another kind of file altogether."},
	{"missing-image", "A service that runs in a container needs an `image`, or a `build` table to make one."},
	{"missing-key", "A required key is not there; the message names it and the table."},
	{"missing-package", "Plugin go_binary builds a Go program and needs its `package`, a path relative to the test file such as ./cmd/shop."},
	{"missing-sample-ratio", "[otel] names an exporter and no `sample_ratio`, so 1.0 counts: every span is kept. Writing it down keeps a changed default from taking spans away that expectations need. Only `lint` asks for it."},
	{"never-started", "A service depends on a Go program that nothing starts and that no step executes. A go_binary is there for steps to execute by its name, unless the test says that it is a service: by `args` (an empty list starts it without arguments), by `ports`, or by something to wait for, in `ready`, `health_check` or `wait_for_span`."},
	{"no-container", "Steps run in containers. A service that runs elsewhere, or that is built in, has none of its own; run the step in another service, or leave `service` out for the default image."},
	{"not-evaluated", "Something that would decide over a verdict is not judged: a key of [otel_validation] that no expectation corresponds to, or a rule of a policy that nothing enforces. It is an error, because a green result would claim that it was met. What a file itself makes optional or switches off is only named."},
	{"not-honoured", "A setting is known to the format and has no effect in this version. It cannot turn a red result green, so the file still runs."},
	{"nothing-expected", "Nothing says what the scenario must bring about: it has no expectation over spans, and none of its steps has a condition. That its commands ended with status 0 proves nothing by itself, so a run of it is an error and never a pass."},
	{"nothing-to-run", "The file has neither a scenario nor a step, so there is nothing that could pass or fail."},
	{"order-cycle", "The order expectations contradict each other: following must_precede and must_follow leads back to the start. The message prints the circle."},
	{"otel-exporter", "`exporter` is one of stdout, otlp (the same as otlp-http), otlp-http, otlp-grpc and none. Others are known, but their spans are not received here; send them with otlp through a collector."},
	{"otel-protocol", "`protocol` is one of http/protobuf, grpc, http/json and json."},
	{"own-spans", "The file has expectations over spans and does not say where spans come from. They are then judged over the spans that the run itself emits (clnrm.run, clnrm.step:NAME and so on). To judge what the program emits, set [otel] exporter = \"otlp\" or collect \"spans:default\"."},
	{"policy-breach", "A policy with security_level = \"high\" lets a scenario change nothing outside of its containers and reach nothing but its own services; a service that it needs asks for more. Narrow the service, or write another level."},
	{"port-range", "A port is a number from 1 to 65535."},
	{"repeated-key", "The same thing is said twice under two spellings, for example `env` and `environment`. Which one counts would be a guess."},
	{"repeated-service", "A service is defined both as [service.X] and as [services.X]; the first spelling wins."},
	{"reserved-port", "Ports below 1024 are reserved; a program that does not run as root may be refused. Inside a container 80 and 443 are common and usually work."},
	{"sample-ratio", "`sample_ratio` is the share of traces that is kept, from 0.0 to 1.0. Expectations over a sampled trace are meaningful at 1.0 only."},
	{"scenario-empty", "A scenario has neither `run` nor a step. It would execute nothing, and what executes nothing cannot pass."},
	{"scenario-name", "The name of a scenario has characters other than letters, digits, `_`, `-` and `.`. It becomes part of span names, report entries and commands, where such characters need quoting. Only `lint` says so."},
	{"secret-value", "The name of a variable says that it holds a secret, and its value stands in the file. Take it from the environment or from a template variable. For a throw-away password of a test database the warning may be ignored."},
	{"setting-environment", "An environment variable sets a key of the project's settings to something that the key cannot be. Correct it or unset it; `clnrm-tui config show` lists the variables. What the settings of a project say is never replaced by a guess."},
	{"setting-owner", "The settings that were found above the tests belong to neither you, nor root, nor the owner of the tests: anybody can put a file into a folder such as /tmp, and it must not decide which tests there are and what is executed. Name the file with --config if you trust it, or put a cleanroom.toml of your own beside the tests, which is then the nearest."},
	{"setting-unused", "A key of the settings is known and has no effect here; the message says why. Nothing is wrong with the file: it may have been written for another version of the program. `clnrm-tui config show` lists all keys."},
	{"setting-value", "A key of the settings has a value that it cannot have: a number out of its range, or a word that is none of the allowed ones. The settings are not used at all until it is corrected, for half of them could mean something else than the whole."},
	{"system-mount", "A volume covers a path that the system in the container needs, such as /etc or /usr/bin. Single files are fine; whole directories usually break the image."},
	{"template-eval", "A template could not be evaluated: a filter or an operator met a value of a type that it does not take, a number was divided by zero, or the like. The position is that of the expression."},
	{"template-extension", "A template uses something that this program reads and Tera itself does not, for example an argument of a macro by position. Only `lint --pure-tera` says so; the hint has the form that both read."},
	{"template-function", "A function or a filter refused its arguments, or what it asked for is not there, for example an environment variable without a default."},
	{"template-include", "A template that is imported, included or extended was not found, or lies outside of the folders that templates are read from: the project and the template folders."},
	{"template-limit", "Rendering was stopped: too much text, too many rounds of loops, or macros and includes nested too deeply. A template that includes itself ends like this."},
	{"template-matrix", "The table [matrix] makes one test of every combination of its values, so each key needs a list with at least one value, and a filter on the command line must leave at least one combination."},
	{"template-merge", "Several [expect.graph], [expect.order] or [expect.counts] tables of one file, as macros write them, are merged into one. Two of them set the same key to different values."},
	{"template-syntax", "The template does not parse: a tag that is not closed, an unknown statement, filter or macro, or an expression that is not complete. The position is where reading could not go on."},
	{"template-throw", "The template itself refused to go on, with throw(message=…). The message is the template's."},
	{"template-undefined", "A variable is used that has no value. Define it in [vars], pass it with --var, or give it one in place: {{ name | default(value=\"…\") }}."},
	{"template-unused-variable", "A variable is defined under [vars] or [template.vars], and no expression of the template, or of what it pulls in, reads it. Remove it, or look for a misspelt name where it was meant to be used."},
	{"toml-date", "The value looks like a date or a time and is none. Put quotes around text."},
	{"toml-duplicate-key", "TOML allows a key once per table. When lines come from a loop of the template, the loop may repeat a key; the message names the other line."},
	{"toml-duplicate-table", "TOML allows [table] once. For several elements of a list write [[table]]. A template loop that writes a header must write a different name each time."},
	{"toml-encoding", "A TOML file is UTF-8 text without control characters. Save it as UTF-8, and write control characters as escapes."},
	{"toml-escape", "In double quotes a backslash begins an escape, and only \\b \\t \\n \\f \\r \\e \\\" \\\\ \\xHH \\uHHHH \\UHHHHHHHH exist. Regular expressions are easier in single quotes, which know no escapes."},
	{"toml-missing-value", "A key is followed by nothing. When the value comes from a template tag, the tag printed an empty string; quotes around the tag make it one."},
	{"toml-multiline-inline-table", "An inline table, { a = 1 }, spreads over several lines. TOML 1.1 allows that, TOML 1.0 and most tools do not. It is read here all the same."},
	{"toml-number", "The value looks like a number and is none, or does not fit into 64 bits. Put quotes around text such as a version or a telephone number."},
	{"toml-separator", "Keys are separated by line breaks, elements of lists and inline tables by commas. A string needs quotes around all of it."},
	{"toml-syntax", "The line is not TOML: neither key = value, nor a [table], nor a comment."},
	{"toml-template-tag", "A template tag stands where TOML wants a key or a value. Tags print bare text, so a string needs quotes around the tag: name = \"{{ svc }}\"."},
	{"toml-too-deep", "Tables and lists may be nested 64 levels deep, and a dotted key may have 64 parts. No test needs more."},
	{"toml-unclosed-list", "A list or an inline table is opened and never closed. The position is that of the opening bracket."},
	{"toml-unclosed-string", "A string is opened and not closed on the same line. Text of several lines takes three quotes at either end."},
	{"toml-unquoted", "A value that is not a number, true, false, a date, a list or a table is a string and needs quotes. When it comes from a template tag, put the quotes around the tag."},
	{"too-many-problems", "The file has more problems than are worth reading at once. Repair the first ones and check again."},
	{"trace-window", "A window without an `outer` span is the form of older files. It is read as a bound for every trace: how long it lasts from its first start to its last end, and whether children lie inside their parents. A [[expect.window]] with `outer` speaks about single spans."},
	{"unknown-assertion", "[assertions] takes any key, but only a closed set is judged: container_should_have_executed_commands, execution_should_be_hermetic, all_commands_should_succeed, all_steps_should_pass, all_scenarios_should_pass, no_failed_assertions. Every other key proves nothing and is named so that nobody relies on it."},
	{"unknown-condition", "A condition of readiness has a key that is not known. Waiting for something else than the test asks for would start its steps too early, so it is an error."},
	{"unknown-expectation", "A key below `expect` that is not known. It is an error: a misspelt expectation that is skipped silently is the commonest way to a green result that was not earned. Keys of your own begin with x-."},
	{"unknown-key", "A key that is not known in this table and has no effect. Keys of your own begin with x-."},
	{"unknown-plugin", "The `plugin` of a service is not known. generic_container (the default) runs any image, go_binary builds and runs a Go program."},
	{"unknown-service", "A scenario, a step or `depends_on` names a service that the file does not define."},
	{"unknown-step", "`depends_on` of a step names a step that does not stand before it in the same scenario. Steps begin in the order of the file."},
	{"unknown-table", "A table or key at the top of the file that is not known. It is an error: an expectation in a misspelt table would never be judged. Keys of your own begin with x-."},
	{"unsupported-expectation", "An expectation that other versions of the format know and that cannot be judged here. It is an error: what is asked and not judged must not be green."},
	{"unsupported-plugin", "The plugin belongs to the format, but this version does not run it. Most services run as generic_container with their image."},
	{"unused-service", "No scenario uses this service, directly or through `depends_on`, so it is never started."},
	{"version-format", "A version looks like 1.0 or 1.0.0. Nothing depends on it; reports show it."},
	{"wrong-type", "A value has another type than its key takes, for example a string where a list belongs; the message names both."},
}
