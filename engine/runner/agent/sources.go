package agent

import "embed"

// Sources are the Go files that the agent is built from, laid out as in this
// directory: the agent program (agentmain), this package without this file, and
// packages wire and group. TestSourcesAreComplete keeps the list whole.
//
//go:embed agent.go body.go check.go checkjson.go divert.go drain.go fetch.go grpc.go host.go hosts.go names.go oom.go otlp.go packet.go partial.go pool.go probe.go probe_grpc.go process.go program.go pump.go reaper.go relay.go restart.go shim.go stress.go tree.go user.go
//go:embed wire/wire.go group/group.go agentmain/main.go
var Sources embed.FS
