package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/onsale"
)

// Bounds on downloads of a draw's files, which take longer than pages do.
const (
	// filesAtOnce is how many are under way at once: each keeps one part, some 140 kB.
	filesAtOnce = 64
	// filePause is after what time asking again makes sense when there are as many.
	filePause = 10 * time.Second
	// partWithin is how long one part may take to its reader: 5 kB/s, a bad line.
	partWithin = 30 * time.Second
)

// How long anybody on the way may keep a file: what was drawn never changes, what grows
// may be as old as a status.
const (
	fileForEver = "public, max-age=31536000, immutable"
	fileGrowing = "public, max-age=1"
)

var fileTypes = map[string]string{
	draw.FileRoom: "application/json", draw.FileHeads: "application/jsonl",
	draw.FileLog: "text/plain; charset=us-ascii", draw.FileNumbers: "text/plain; charset=us-ascii",
}

// drawFile answers with a file of a draw, a part at a time. A part is made in a turn of
// the lane and written without one: how fast somebody reads costs nobody else theirs,
// and no reader keeps the database.
func (s *Site) drawFile(w http.ResponseWriter, r *request) error {
	select {
	case s.files <- struct{}{}:
		defer func() { <-s.files }()
	default:
		return fault.BusyFor(filePause, "as many files are being downloaded as may be")
	}
	f := &fileAnswer{site: s, r: r, name: r.PathValue("file")}
	body, next, err := f.part(0)
	if err != nil {
		return err
	}
	f.headers(w.Header(), len(body), next)
	if r.Method == http.MethodHead {
		return nil
	}
	for conn := http.NewResponseController(w); ; {
		conn.SetWriteDeadline(time.Now().Add(partWithin)) //nolint:errcheck // a writer without deadlines: the listener's own holds
		if _, err := w.Write(body); err != nil || next == 0 {
			return nil // sent, or a reader who has gone
		}
		if body, next, err = f.part(next); err != nil {
			return f.tear(conn, err)
		}
	}
}

// fileAnswer is one file on its way.
type fileAnswer struct {
	site   *Site
	r      *request
	name   string
	file   *onsale.Published
	pinned bool // the address names the moment
}

// part makes the part that begins at a line, in a turn.
func (f *fileAnswer) part(from int) (body []byte, next int, err error) {
	l := &f.site.lanes.looks
	if !f.site.await(f.site.lanes.work, l, l.line(f.site.saleOf(f.r)), time.Now().Add(l.within), f.r) {
		return nil, 0, fault.New(fault.Busy, "no turn in time")
	}
	defer f.site.lanes.work.give()
	if f.file == nil {
		if err := f.open(f.r.ctx()); err != nil {
			return nil, 0, err
		}
	}
	return f.file.Part(f.r.ctx(), f.name, from)
}

func (f *fileAnswer) open(ctx context.Context) error {
	sale, err := f.site.sale(f.r.Request)
	if err != nil {
		return err
	}
	head, err := headOf(f.r)
	if err != nil {
		return err
	}
	f.pinned = head > 0
	f.file, err = f.site.Rooms.Published(ctx, &sale.StoredSale, head)
	return err
}

func (f *fileAnswer) headers(h http.Header, first, next int) {
	h.Set("Content-Type", fileTypes[f.name])
	h.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
	h.Set("Cache-Control", fileGrowing)
	if f.pinned && f.file.Notice.Drawn != nil {
		h.Set("Cache-Control", fileForEver)
	}
	if size := f.file.Size(f.name); size > 0 {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	} else if next == 0 {
		h.Set("Content-Length", strconv.Itoa(first))
	}
}

// tear breaks the connection, so that half a file is not taken for a whole one.
func (f *fileAnswer) tear(conn *http.ResponseController, err error) error {
	if !errors.Is(err, context.Canceled) {
		f.site.Log.Error("a file of a draw was cut off", "file", f.name, "err", err)
	}
	conn.SetWriteDeadline(time.Unix(1, 0)) //nolint:errcheck // without deadlines the length tells
	return nil
}
