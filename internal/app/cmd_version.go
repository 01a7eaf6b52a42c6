package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCmd is `einlass version`.
type versionCmd struct{}

// version is what `einlass version --json` writes.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Built    string `json:"built,omitempty"`
	Changed  bool   `json:"changed,omitempty"` // built from a source with changes nobody has committed
	Go       string `json:"go"`
	System   string `json:"system"`
}

func (c *versionCmd) run(*shell) (result, error) {
	v := thisVersion()
	text := fmt.Sprintf("einlass %s", v.Version)
	if v.Revision != "" {
		text += " (" + v.Revision + ", " + v.Built + ")"
	}
	return result{Object: v, Text: text + "\n" + v.Go + " " + v.System}, nil
}

func thisVersion() version {
	v := version{Version: "(unknown)", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Built = s.Value
		case "vcs.modified":
			v.Changed = s.Value == "true"
		}
	}
	return v
}
