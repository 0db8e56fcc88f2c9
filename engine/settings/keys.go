package settings

import "time"

// The keys that the program asks for by name.
const (
	Parallel       = "cli.parallel"
	Jobs           = "cli.jobs"
	OutputFormat   = "cli.output_format"
	FailFast       = "cli.fail_fast"
	DefaultImage   = "containers.default_image"
	MaxContainers  = "containers.max_containers"
	MaxMemoryMB    = "containers.max_memory_mb"
	Monitor        = "executor.monitor"
	DefaultTimeout = "test_execution.default_timeout"
	RetryOnFailure = "test_execution.retry_on_failure"
	RetryCount     = "test_execution.retry_count"
	GenerateHTML   = "reporting.generate_html"
	GenerateJUnit  = "reporting.generate_junit"
	ReportDir      = "reporting.report_dir"
	DebounceMS     = "watch.debounce_ms"
	TracesEndpoint = "observability.traces_endpoint"
	DiffStrategy   = "diff.strategy"
	DiffOnly       = "diff.show_only_diffs"
	DiffIgnore     = "diff.ignore_attributes.keys"
	DiffPresence   = "diff.ignore_attribute_values"
	DiffDepth      = "diff.max_display_depth"
	DiffBaseline   = "diff.baseline_path"
	MaxConcurrent  = "watch.max_concurrent"
	WatchMode      = "watch.mode"
	Patterns       = "watch.patterns"
	IgnorePatterns = "watch.ignore_patterns"
	IgnoreFiles    = "watch.ignore_files"
	CacheBackend   = "cache.backend"
	CacheEntries   = "cache.max_entries"
	CacheDir       = "cache.cache_dir"
	CacheMegabytes = "cache.max_megabytes"
	SecretNames    = "secrets.names"
	ThemeName      = "theme.name"
	ReducedMotion  = "dashboard.reduced_motion"
	Glyphs         = "dashboard.glyphs"
	Mouse          = "dashboard.mouse"
	Notify         = "dashboard.notify"
	Editor         = "dashboard.editor"
	Socket         = "dashboard.socket"
)

// Reasons that several keys share.
const (
	describes  = "it describes the project; nothing depends on it"
	noLog      = "there is no log of the program to switch on or off: what happens is printed, shown and reported"
	noPlugins  = "the kinds of services are built in; `clnrm-tui explain unknown-plugin` lists them"
	noReuse    = "every scenario gets fresh containers"
	isolated   = "every scenario runs isolated"
	perService = "a service says itself how it is probed, in its health_check or wait table"
	byHash     = "changes are always told by the hash of the content and of all that a template reads"
	perFile    = "a test file says it, in its limits table"
	noTimes    = "when two recordings were made is never the same; durations are compared, see `diff --noise`"
)

// keys is the table of all settings.
var keys = []Key{
	{Name: "project.name", Kind: Text, Default: "", Text: "The name of the project.", Unused: describes},
	{Name: "project.version", Kind: Text, Default: "", Text: "The version of the project.", Unused: describes},
	{Name: "project.description", Kind: Text, Default: "", Text: "What the project is.", Unused: describes},

	{Name: Parallel, Kind: Bool, Default: true, Text: "Whether scenarios run side by side; false runs one after the other unless --jobs says otherwise.", Start: true},
	{Name: Jobs, Kind: Int, Default: defaultJobs(), Shown: "the CPUs, at most 4", Min: 1, Max: 1024, Text: "How many scenarios run side by side.", Start: true},
	{Name: OutputFormat, Kind: Text, Default: "human", Values: []string{"human", "json", "junit", "tap"}, Text: "The format that `run` prints."},
	{Name: FailFast, Kind: Bool, Default: false, Text: "Stop a run at the first scenario that does not pass."},
	{Name: "cli.watch", Kind: Bool, Default: false, Text: "Watch instead of running once.", Unused: "what is done is said by the command: `watch`, or the dashboard"},
	{Name: "cli.interactive", Kind: Bool, Default: false, Text: "Ask while running.", Unused: "the dashboard is the interactive surface"},

	{Name: "containers.reuse_enabled", Kind: Bool, Default: false, Text: "Use containers again.", Unused: noReuse},
	{Name: DefaultImage, Kind: Text, Default: "alpine:latest", Text: "The image of steps and scenarios that name no service."},
	{Name: "containers.pull_policy", Kind: Text, Default: "if-not-present", Values: []string{"always", "if-not-present", "never"}, Text: "When images are fetched.", Unused: "an image is fetched when the container engine does not have it"},
	{Name: "containers.cleanup_policy", Kind: Text, Default: "always", Values: []string{"always", "on-success", "on-failure", "never"}, Text: "When containers are removed.", Unused: "everything that a run creates is always removed"},
	{Name: MaxContainers, Kind: Int, Default: 10, Min: 1, Max: 10000, Text: "How many containers exist at any instant.", Start: true},
	{Name: MaxMemoryMB, Kind: Int, Default: 4096, Shown: "512 for each container, at least 4096", Min: 1, Max: 1 << 30, Text: "The megabytes of memory that the containers may use together.", Start: true},
	{Name: "containers.startup_timeout", Kind: Duration, Default: time.Minute, Min: 1, Text: "How long a container may take to start.", Unused: "the time of the scenario bounds its start too"},

	{Name: "services.default_timeout", Kind: Duration, Default: 30 * time.Second, Min: 1, Text: "How long an operation on a service may take.", Unused: "the time of the scenario bounds it"},
	{Name: "services.health_check_interval", Kind: Duration, Default: 5 * time.Second, Min: 1, Text: "How often a service is probed.", Unused: perService},
	{Name: "services.health_check_timeout", Kind: Duration, Default: 10 * time.Second, Min: 1, Text: "How long one probe may take.", Unused: perService},
	{Name: "services.max_retries", Kind: Int, Default: 3, Text: "How often a failing start is tried again.", Unused: "a service that fails to start is a result, not something to try again"},

	{Name: "observability.enable_tracing", Kind: Bool, Default: true, Text: "Trace the runs.", Unused: "a run always records its own spans: they are what it is judged by"},
	{Name: "observability.enable_metrics", Kind: Bool, Default: true, Text: "Collect metrics of the program.", Unused: noLog},
	{Name: "observability.enable_logging", Kind: Bool, Default: true, Text: "Write a log of the program.", Unused: noLog},
	{Name: "observability.log_level", Kind: Text, Default: "info", Values: []string{"debug", "info", "warn", "error"}, Text: "The least important lines of the log.", Unused: noLog},
	{Name: "observability.metrics_port", Kind: Int, Default: 9090, Min: 1, Max: 65535, Text: "The port that metrics are served on.", Unused: "the program opens no port for metrics"},
	{Name: TracesEndpoint, Kind: Text, Default: "", Text: "The OTLP/HTTP collector that `watch` tells what each save and run did, unless --trace-endpoint names one; empty tells nobody.", Start: true},

	{Name: "plugins.auto_discover", Kind: Bool, Default: true, Text: "Look for plugins.", Unused: noPlugins},
	{Name: "plugins.plugin_dir", Kind: Text, Default: "./plugins", Text: "Where plugins lie.", Unused: noPlugins},
	{Name: "plugins.enabled_plugins", Kind: Texts, Default: []string{"surrealdb", "postgres", "redis"}, Text: "The plugins in use.", Unused: noPlugins},

	{Name: "performance.container_pool_size", Kind: Int, Default: 5, Text: "Containers that wait to be used.", Unused: noReuse},
	{Name: "performance.lazy_initialization", Kind: Bool, Default: true, Text: "Start services when they are needed.", Unused: "only the services of a scenario are started, when it starts"},
	{Name: "performance.cache_compiled_tests", Kind: Bool, Default: true, Text: "Keep checked templates.", Unused: "see cache.enabled"},
	{Name: "performance.parallel_step_execution", Kind: Bool, Default: false, Text: "Run the steps of a scenario side by side.", Unused: "steps run in the order of the file, unless the scenario says `concurrent`"},

	{Name: DefaultTimeout, Kind: Duration, Default: 5 * time.Minute, Min: 1, Text: "The time of scenarios that name none."},
	{Name: "test_execution.step_timeout", Kind: Duration, Default: time.Minute, Min: 1, Text: "The time of steps that name none.", Unused: "the time of the scenario bounds its steps"},
	{Name: RetryOnFailure, Kind: Bool, Default: false, Text: "Execute a scenario again that did not pass; one that passes then is marked flaky."},
	{Name: RetryCount, Kind: Int, Default: 3, Max: 100, Text: "How often, with retry_on_failure."},
	{Name: "test_execution.test_dir", Kind: Text, Default: "./tests", Text: "Where test files lie.", Unused: "the paths of the command say it"},

	{Name: GenerateHTML, Kind: Bool, Default: false, Text: "Write report_dir/report.html after `run`, unless --report-html names a file."},
	{Name: GenerateJUnit, Kind: Bool, Default: false, Text: "Write report_dir/junit.xml after `run`, unless --report-junit names a file."},
	{Name: ReportDir, Kind: Text, Default: "./reports", Text: "The folder of generated reports, relative to the file that names it."},
	{Name: "reporting.include_timestamps", Kind: Bool, Default: true, Text: "Write times into reports.", Unused: "reports have one form, described with `run`"},
	{Name: "reporting.include_logs", Kind: Bool, Default: true, Text: "Write logs into reports.", Unused: "reports have one form, described with `run`"},

	{Name: "security.hermetic_isolation", Kind: Bool, Default: true, Text: "Isolate scenarios from each other and from the host.", Unused: isolated},
	{Name: "security.network_isolation", Kind: Bool, Default: true, Text: "Give every scenario a network of its own.", Unused: isolated},
	{Name: "security.file_system_isolation", Kind: Bool, Default: true, Env: "CLEANROOM_SECURITY_FILESYSTEM_ISOLATION", Text: "Give containers only the folders that the file declares.", Unused: isolated},
	{Name: "security.security_level", Kind: Text, Default: "high", Values: []string{"low", "medium", "high"}, Env: "CLEANROOM_SECURITY_LEVEL", Text: "How strictly scenarios are isolated.", Unused: isolated + ", as high asks for"},

	{Name: "watch.enabled", Kind: Bool, Default: true, Text: "Notice changes.", Unused: "noticing changes is what `watch` and the dashboard are for; a key of the dashboard pauses it"},
	{Name: DebounceMS, Kind: Millis, Default: 50 * time.Millisecond, Min: 1, Max: 60000, Text: "How long it must be quiet after a save before the files are read.", Start: true},
	{Name: MaxConcurrent, Kind: Int, Default: defaultChecks(), Shown: "the CPUs", Min: 1, Max: 1024, Text: "How many templates are checked side by side."},
	{Name: "watch.recursive", Kind: Bool, Default: true, Text: "Look into folders of folders.", Unused: "folders are looked at with all that is in them; name files to look at less"},
	{Name: WatchMode, Kind: Text, Default: "auto", Values: []string{"auto", "native", "poll"}, Text: "How changes are noticed: told by the system where it can, always told, or by looking.", Start: true},

	{Name: Patterns, Kind: Texts, Default: []string{}, Text: "Looks only at test files that match one of these patterns (gitignore form, relative to the project); none means all."},
	{Name: IgnorePatterns, Kind: Texts, Default: []string{}, Text: "Leaves out files and folders that match one of these patterns (gitignore form, relative to the project)."},
	{Name: IgnoreFiles, Kind: Texts, Default: []string{".clnrmignore"}, Values: []string{".clnrmignore", ".ignore", ".gitignore"}, Text: "The files, in any folder, whose patterns leave out files and folders; later names stand above earlier ones."},

	{Name: "cache.enabled", Kind: Bool, Default: true, Text: "Keep renderings.", Unused: "renderings are always kept in memory; cache.backend says where else"},
	{Name: CacheBackend, Kind: Texts, Default: []string{"memory"}, Text: "Where renderings are kept behind the memory of the process, nearest first: memory (nowhere else), disk, disk:DIR or redis://HOST:PORT.", Start: true},
	{Name: CacheEntries, Kind: Int, Default: 100, Min: 1, Max: 1e6, Text: "How many renderings the memory keeps.", Start: true},
	{Name: CacheDir, Kind: Text, Default: ".clnrm/cache", Text: "The folder of the disk cache, relative to the file that names it.", Start: true},
	{Name: CacheMegabytes, Kind: Int, Default: 256, Min: 1, Max: 1 << 20, Text: "The size of the disk cache.", Start: true},
	{Name: "cache.hash_algorithm", Kind: Text, Default: "sha256", Text: "How contents are told apart.", Unused: byHash},
	{Name: "cache.change_detection.enabled", Kind: Bool, Default: true, Text: "Tell changes by content.", Unused: byHash},
	{Name: "cache.change_detection.track_variables", Kind: Bool, Default: true, Text: "Tell changes of variables too.", Unused: byHash},
	{Name: "cache.change_detection.invalidate_on_error", Kind: Bool, Default: true, Text: "Render again after an error.", Unused: "a failed rendering is never kept"},

	{Name: Monitor, Kind: Text, Default: "simple", Values: []string{"simple", "cgroup"}, Text: "What decides whether another scenario may start; cgroup looks at the memory and the limits of the machine too.", Start: true},

	{Name: "executor.worker_count", Kind: Int, Default: defaultJobs(), Shown: "as cli.jobs", Min: 1, Max: 1024, Same: Jobs, Text: "A second name of cli.jobs.", Start: true},
	{Name: "executor.max_concurrent_containers", Kind: Int, Default: 10, Min: 1, Max: 10000, Same: MaxContainers, Text: "A second name of containers.max_containers.", Start: true},
	{Name: "executor.scenario_timeout_ms", Kind: Millis, Default: 5 * time.Minute, Min: 1, Same: DefaultTimeout, Text: "A second name of test_execution.default_timeout."},
	{Name: "executor.collect_spans", Kind: Bool, Default: true, Text: "Collect spans.", Unused: "spans are what a run is judged by"},
	{Name: "executor.limits.container_memory_mb", Kind: Int, Default: 512, Min: 1, Text: "The memory of a container.", Unused: perFile},
	{Name: "executor.limits.container_cpu_limit", Kind: Float, Default: 1.0, Text: "The CPUs of a container.", Unused: perFile},

	{Name: DiffBaseline, Kind: Text, Default: "", Text: "The recorded trace that `diff` compares a single one with, relative to the file that names it; empty is none."},
	{Name: "diff.ignore_timestamps", Kind: Bool, Default: true, Text: "Leave times out of comparisons.", Unused: noTimes, Refused: true},
	{Name: DiffPresence, Kind: Bool, Default: false, Text: "Have `diff` compare which attributes the spans of two traces have, and not their values, as --ignore-values does."},
	{Name: DiffStrategy, Kind: Text, Default: "set", Values: []string{"set", "levenshtein", "semantic"}, Text: "How `diff` compares test files, unless --strategy says it."},
	{Name: DiffOnly, Kind: Bool, Default: false, Text: "Have `diff` leave out what is the same, as --only-changes does."},
	{Name: DiffDepth, Kind: Int, Default: 0, Shown: "all", Max: 1000, Text: "How many spans below each other the tree of two traces shows; of what is deeper, how much differs is said."},
	{Name: DiffIgnore, Kind: Texts, Default: []string{}, Text: "Attributes of spans that `diff` leaves out beside those that differ from run to run, unless --ignore names some."},

	{Name: SecretNames, Kind: Texts, Default: []string{}, Text: "Names of variables whose values are never shown, as `--secret` takes them.", Start: true},

	{Name: ThemeName, Kind: Text, Default: "", Text: "The colours of the dashboard, by name."},
	{Name: ReducedMotion, Kind: Bool, Default: false, Text: "Nothing in the dashboard moves by itself."},
	{Name: Glyphs, Kind: Text, Default: "auto", Values: []string{"auto", "unicode", "ascii"}, Text: "The characters that the dashboard draws with; auto goes by the locale."},
	{Name: Mouse, Kind: Bool, Default: true, Text: "Whether the dashboard takes the mouse."},
	{Name: Notify, Kind: Text, Default: "off", Values: []string{"off", "bell", "osc", "title"}, Text: "How a verdict that turned is announced while the terminal is not looked at."},
	{Name: Editor, Kind: Text, Default: "", Text: "The command that opens a file at a line; empty goes by $VISUAL and $EDITOR."},
	{Name: Socket, Kind: Text, Default: "", Text: "The control socket of the dashboard, relative to the file that names it; empty is none. --socket stands above it.", Start: true},
}
