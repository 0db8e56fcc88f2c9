package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Reach makes sure that a service that runs elsewhere is there, as this machine
// sees it.
func Reach(ctx context.Context, svc *spec.Service, progress func(string)) error {
	progress("asking " + svc.Name + " at " + svc.Endpoint)
	err := service.Reach(ctx, svc)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return Optional(ctx, svc, &runner.EnvironmentError{
		What:   "service " + svc.Name + " does not answer at " + svc.Endpoint,
		Remedy: "start it, or write optional = true so that its scenarios are skipped where it is missing", Err: err,
	})
}

// Elsewhere says of a service that runs elsewhere why its scenario is not hermetic.
func Elsewhere(svc *spec.Service) string {
	return fmt.Sprintf("service %s runs elsewhere, at %s", svc.Name, svc.Endpoint)
}

// Optional makes of the failure to have a service, where that is the machine's
// fault and the test can do without, the reason to skip the scenario.
func Optional(ctx context.Context, svc *spec.Service, err error) error {
	var machine *runner.EnvironmentError
	if ctx.Err() == nil && svc.Optional && errors.As(err, &machine) {
		return &runner.SkipError{Service: svc.Name, Err: err}
	}
	return err
}
