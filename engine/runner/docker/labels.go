package docker

// The labels of everything that is created.
const (
	labelOwner    = "io.clnrm.owner"    // random, one per backend: whose it is
	labelSession  = "io.clnrm.session"  // random, one per attempt at a scenario
	labelRun      = "io.clnrm.run"      // Request.RunID
	labelScenario = "io.clnrm.scenario" // for people who look
	labelFile     = "io.clnrm.file"     // the test file, relative to the project
	labelProject  = "io.clnrm.project"  // root of the project, absolute
	labelService  = "io.clnrm.service"
	labelProcess  = "io.clnrm.process" // which process owns it, an owner.Process
)
