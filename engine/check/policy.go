package check

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

var securityLevels = []string{"low", "medium", "high"}

// policy checks the policy of a scenario and refuses the commands that it
// forbids before anything runs.
func (c *checker) policy(s *spec.Scenario) {
	c.chaos(s)
	p := s.Policy
	if p == nil {
		return
	}
	c.oneOf(p.LevelPos, strings.ToLower(p.SecurityLevel), "invalid-policy", "security level", securityLevels)
	if p.MemoryPos.Line > 0 && p.MaxMemoryMB <= 0 {
		c.errorf(p.MemoryPos, "invalid-policy", "", "a bound on memory is at least 1 MB")
	}
	if strings.EqualFold(p.SecurityLevel, "high") {
		c.untouchedHost(s)
	}
	c.hosts(s, p)
	for _, rule := range p.Disallowed {
		words := strings.Fields(rule)
		if len(words) == 0 {
			c.errorf(p.DisallowedPos, "empty-name", "", "a disallowed command is empty")
			continue
		}
		for _, step := range s.Steps {
			if invokes(step.Command, words) {
				c.errorf(step.CommandPos, "disallowed-command", "change the step, or the policy on line "+strconv.Itoa(p.DisallowedPos.Line), "step %q runs %q, which the policy of scenario %q forbids", step.Name, rule, s.Name)
			}
		}
	}
}

// hosts checks allowed_network_hosts against what the network lets through.
func (c *checker) hosts(s *spec.Scenario, p *spec.Policy) {
	level := c.f.NetworkOf(s)
	wide := level == spec.NetworkInternal || level == spec.NetworkOpen
	if wide && p.HostsPos.Line > 0 {
		c.errorf(p.HostsPos, "policy-breach", "remove the list, or narrow the network to sealed and make the hosts services of the test", "network = %q of scenario %q reaches more than a list of hosts, and nothing could keep it to them", level, s.Name)
		return
	}
	for _, host := range p.Hosts {
		if c.f.Service(host) == nil && !isLoopback(host) {
			c.warnf(p.HostsPos, "not-honoured", "make what it offers a service of the test", "host %q cannot be reached: each scenario has a sealed network of its own services", host)
		}
	}
}

// untouchedHost refuses what a policy of high security does not let a scenario
// have: files of the host that it can change.
func (c *checker) untouchedHost(s *spec.Scenario) {
	if level := c.f.NetworkOf(s); level == spec.NetworkInternal || level == spec.NetworkOpen {
		pos := s.NetworkPos
		if s.Network == "" {
			pos = c.f.NetworkPos
		}
		c.errorf(pos, "policy-breach", `write network = "sealed"`, "network = %q reaches more than the services of scenario %q, which its security_level = \"high\" forbids", level, s.Name)
	}
	names := []string{s.Service}
	for _, st := range s.Steps {
		names = append(names, st.Service)
	}
	for _, svc := range c.f.Needs(names...) {
		for _, v := range svc.Volumes {
			if !v.ReadOnly {
				c.errorf(v.Pos, "policy-breach", "add read_only = true, or make it a tmpfs", "service %q can change %s on the host, which security_level = \"high\" of scenario %q forbids", svc.Name, v.Host, s.Name)
			}
		}
	}
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}

// invokes reports whether an argument vector runs a command that begins with the
// given words, by itself or in a script that it hands to a shell.
func invokes(argv, words []string) bool {
	argv = unwrapped(argv)
	if len(argv) == 0 {
		return false
	}
	if begins(argv, words) {
		return true
	}
	script, ok := shellScript(argv)
	if !ok {
		return false
	}
	return slices.ContainsFunc(commands(script), func(command []string) bool { return invokes(command, words) })
}

// begins reports whether a command is the one that words name: the program by
// its base name, then the arguments.
func begins(argv, words []string) bool {
	if len(argv) < len(words) {
		return false
	}
	program := argv[0]
	if !strings.Contains(words[0], "/") {
		program = path.Base(program)
	}
	return program == words[0] && slices.Equal(argv[1:len(words)], words[1:])
}

// carriers are programs and shell words that run the command that follows.
var carriers = []string{"env", "exec", "sudo", "nohup", "time", "command", "xargs", "!", "if", "then", "else", "elif", "while", "until", "do", "{"}

// unwrapped takes off what stands before the program: assignments, and programs
// and shell words that only run the rest.
func unwrapped(argv []string) []string {
	for len(argv) > 0 {
		name, _, assigns := strings.Cut(argv[0], "=")
		if !(assigns && envName.MatchString(name)) && !slices.Contains(carriers, path.Base(argv[0])) {
			break
		}
		carrier := !assigns
		argv = argv[1:]
		for carrier && len(argv) > 0 && strings.HasPrefix(argv[0], "-") {
			argv = argv[1:]
		}
	}
	return argv
}

var shells = []string{"sh", "bash", "ash", "dash", "zsh"}

// shellScript returns the script of `sh -c script`, with the arguments after it:
// inside of a script, its words have come apart.
func shellScript(argv []string) (string, bool) {
	if !slices.Contains(shells, path.Base(argv[0])) {
		return "", false
	}
	for i, arg := range argv[1:] {
		if strings.HasPrefix(arg, "-") && strings.HasSuffix(arg, "c") && i+2 < len(argv) {
			return strings.Join(argv[i+2:], " "), true
		}
	}
	return "", false
}

// commands splits a shell script into its simple commands: at operators, at line
// ends, and where a substitution or a group begins. Quotes only lose their
// meaning for what they hold together, so that a command in a string is found
// too: better one too many than one too few.
func commands(script string) [][]string {
	var out [][]string
	for _, part := range strings.FieldsFunc(script, func(r rune) bool { return strings.ContainsRune(";&|\n()`", r) }) {
		words := strings.Fields(part)
		for i, w := range words {
			words[i] = strings.Trim(w, `"'$\`)
		}
		if len(words) > 0 {
			out = append(out, words)
		}
	}
	return out
}
