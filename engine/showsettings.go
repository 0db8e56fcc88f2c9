package engine

import (
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
)

// SettingsReport lists every setting with its value and where it came from.
type SettingsReport struct {
	File     string // the project's settings file, absolute; "" when there is none
	Rows     []SettingRow
	Warnings []diag.Diagnostic
}

// SettingRow is one setting.
type SettingRow struct {
	Key     string // section.key; "keys.ACTION" and "theme.colors.PART" too
	Value   string // as a settings file would hold it
	Default string // in words where it depends on the machine
	Origin  string // "built in", "cleanroom.toml:3:8", "environment NAME", "--jobs"
	Env     string // the variable that sets it, "" when there is none
	Meaning string
	Unused  string // why it has no effect; "" when it has one
}

// ShowSettings reads the settings that an engine with these options would use.
// Settings that cannot be used are a *SettingsError.
func ShowSettings(o Options) (*SettingsReport, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	sc, err := newScope(o.Dir, o.Paths)
	if err != nil {
		return nil, err
	}
	set, shown, warnings, err := loadSettings(&o, sc, nil)
	if err != nil {
		return nil, err
	}
	out := &SettingsReport{File: set.File, Warnings: warnings}
	for _, v := range set.All() {
		out.Rows = append(out.Rows, SettingRow{
			Key: v.Key.Name, Value: v.String(), Default: v.Key.DefaultText(), Origin: v.Origin.String(),
			Env: v.Key.Env, Meaning: v.Key.Text, Unused: v.Key.Unused,
		})
	}
	own := func(section string, entries []Setting) {
		for _, s := range entries {
			out.Rows = append(out.Rows, SettingRow{
				Key: section + "." + s.Name, Value: settings.Value{Value: s.Values}.String(), Origin: s.at.Pos.String(),
			})
		}
	}
	own("keys", shown.Keys)
	own("theme.colors", shown.Colors)
	return out, nil
}
