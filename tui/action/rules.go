package action

// The rules say why an action is not possible, in words that fit a line.

func needsSelection(f Facts) string {
	if !f.Selected && f.Marks == 0 {
		return "nothing is selected"
	}
	return ""
}

func needsRunnable(f Facts) string {
	switch {
	case f.Scenarios == 0:
		return "there is no scenario to run"
	case f.Runnable == 0:
		return "all suites are manual: select one and press r"
	}
	return ""
}

func needsFailing(f Facts) string {
	if f.Failing == 0 {
		return "nothing is failing"
	}
	return ""
}

func needsActive(f Facts) string {
	if f.Active == 0 {
		return "nothing is running"
	}
	return ""
}

func needsActiveHere(f Facts) string {
	switch {
	case f.Active == 0:
		return "nothing is running"
	case f.ActiveHere == 0:
		return "this is not running; S stops everything"
	}
	return ""
}

func needsWatch(f Facts) string {
	if f.WatchOff {
		return "watching is off in this session"
	}
	return ""
}

func needsPlace(f Facts) string {
	switch {
	case !f.Place:
		return "nothing is selected"
	case !f.Editor:
		return "no editor: set $VISUAL or $EDITOR, or install vim, nvim, nano or vi"
	}
	return ""
}

func needsMatches(f Facts) string {
	if !f.Matches {
		return "no search: / starts one"
	}
	return ""
}

func needsProblems(f Facts) string {
	if f.Problems == 0 {
		return "no problems"
	}
	return ""
}
