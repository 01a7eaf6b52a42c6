package app

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/onsale"
	"einlass/internal/rehearsal"
)

// drawDir holds the files of a stage's draw.
const drawDir = "draw"

// checkDraw writes the published files of the draw, reads them as anybody would, and
// recomputes every number from them.
func (st *stage) checkDraw(ctx context.Context, _ *rehearsal.Result, v *verdict) error {
	sale := st.server.sales()[0]
	if sale.Allocation != catalog.AllocateRoom {
		return nil
	}
	published, err := st.server.rooms.Published(ctx, sale, 0)
	if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && published.Notice.Drawn == nil {
		v.differ("the numbers were never drawn")
		return nil
	}
	if err != nil {
		return err
	}
	folder := cmp.Or(st.draw, st.path(drawDir))
	if err := writeDraw(ctx, published, folder); err != nil {
		return err
	}
	files, err := readDraw([]string{folder})
	if err != nil {
		return err
	}
	report, err := draw.Check(files)
	if err != nil {
		return err
	}
	v.facts.Draw = rehearsal.DrawCheck{Checked: true, Entries: report.Entries, Differences: len(report.Differences)}
	for _, d := range report.Differences {
		v.differ("draw: %s: %s", d.Kind, d.Text)
	}
	return nil
}

// drawMode of the folder: what is in it is public.
const drawMode = 0o755

// writeDraw writes the four files into a folder, those of before replaced.
func writeDraw(ctx context.Context, p *onsale.Published, dir string) error {
	if err := os.MkdirAll(dir, drawMode); err != nil {
		return fault.New(fault.Unavailable, "draw: %w", err)
	}
	for _, name := range []string{draw.FileRoom, draw.FileLog, draw.FileHeads, draw.FileNumbers} {
		if err := writeDrawFile(ctx, p, name, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func writeDrawFile(ctx context.Context, p *onsale.Published, name, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, reportMode) //nolint:gosec // named by who calls the program
	if err != nil {
		return fault.New(fault.Unavailable, "draw: %w", err)
	}
	defer file.Close() //nolint:errcheck // the Close below tells
	for from := 0; ; {
		body, next, err := p.Part(ctx, name, from)
		if err != nil {
			return err
		}
		if _, err := file.Write(body); err != nil {
			return fault.New(fault.Unavailable, "draw: %w", err)
		}
		if from = next; next == 0 {
			break
		}
	}
	if err := file.Close(); err != nil {
		return fault.New(fault.Unavailable, "draw: %w", err)
	}
	return nil
}
