package view

import (
	"html/template"
	"strings"
	"sync"

	"einlass/internal/chart"
	"einlass/internal/locale"
)

var reportThemes sync.Map // accent → *Theme

// ReportThemeOf returns the theme of a report: the staff's sheet, what a report needs
// beside it, and the colours of charts.
func ReportThemeOf(accent string) *Theme {
	if t, ok := reportThemes.Load(accent); ok {
		return t.(*Theme)
	}
	css := StaffThemeOf(accent).CSS + template.CSS(mustRead("report.css")+chart.Style) //nolint:gosec // our own sheets
	t := &Theme{CSS: css, Policy: policy(string(css), countdown(), deskKeys()) + "; connect-src 'self'"}
	reportThemes.Store(accent, t)
	return t
}

// File is a page that stands for itself: it loads nothing, runs nothing and leads
// nowhere, so that it can be mailed, printed and opened in ten years.
type File struct {
	Lang  locale.Lang
	Title string
	Theme *Theme
	Body  any
}

// ReportFile writes a report as one file.
func ReportFile(f *File) ([]byte, error) {
	text, err := Fragment(f.Lang, "report-file", f)
	return []byte(strings.TrimSpace(string(text)) + "\n"), err
}
