package web

import (
	"bytes"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/booking"
	"einlass/internal/ident"
	"einlass/internal/locale"
	"einlass/internal/web/view"
)

// sharedEvery is the least time between two renderings of one page: what a page
// shows is at most this old, and a storm of bookings costs at most four
// renderings a second.
const sharedEvery = 250 * time.Millisecond

// sharedPages are pages that everybody sees alike, as bytes. They are rendered
// when somebody asks and something has changed, by one request at a time; the
// others are served the bytes of before.
type sharedPages struct {
	mu    sync.RWMutex // guards the map
	pages map[sharedKey]*sharedPage
}

type sharedKey struct {
	sale ident.SaleID
	lang locale.Lang
	what string
	// holes are where the page leaves room for what is one person's own; nil if all is
	// everybody's.
	holes *regexp.Regexp
}

// sharedPage is one page. mu guards rendering; bytes are replaced whole.
type sharedPage struct {
	mu    sync.Mutex
	bytes atomic.Pointer[rendered]
}

// rendered is a page's bytes, as they were at a state of the sale.
type rendered struct {
	at      time.Time // on the machine's clock: it paces work, not sales
	changes int64
	version int
	window  string
	part    *view.Segment // nil of a page with holes
	zipped  []byte        // the whole page, if it is one
	holed   holedPage     // of a page with holes
}

func newSharedPages() *sharedPages { return &sharedPages{pages: make(map[sharedKey]*sharedPage)} }

func (c *sharedPages) page(k sharedKey) *sharedPage {
	c.mu.RLock()
	p := c.pages[k]
	c.mu.RUnlock()
	if p != nil {
		return p
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p = c.pages[k]; p == nil {
		p = &sharedPage{}
		c.pages[k] = p
	}
	return p
}

// get returns the page's bytes, rendering them if they are out of date.
func (c *sharedPages) get(k sharedKey, sale *booking.Sale, changes int64, window string, render func() ([]byte, error)) (*rendered, error) {
	p := c.page(k)
	old := p.bytes.Load()
	if old != nil && old.fresh(sale, changes, window) {
		return old, nil
	}
	usable := old != nil && old.window == window && old.version == sale.Version
	if !usable {
		p.mu.Lock()
	} else if !p.mu.TryLock() {
		return old, nil // somebody else is at it
	}
	defer p.mu.Unlock()
	if now := p.bytes.Load(); now != nil && now.fresh(sale, changes, window) {
		return now, nil
	}
	begun := time.Now() // what is rendered is at least this new
	body, err := render()
	if err != nil {
		return nil, err
	}
	fresh := &rendered{at: begun, changes: changes, version: sale.Version, window: window}
	if err := fresh.pack(body, k.holes); err != nil {
		return nil, err
	}
	p.bytes.Store(fresh)
	return fresh, nil
}

// pack compresses the page, as a whole or in the parts between its holes.
func (r *rendered) pack(body []byte, holes *regexp.Regexp) (err error) {
	if holes != nil {
		r.holed, err = cutHoles(body, holes)
		return err
	}
	if r.part, err = view.NewSegment(body); err != nil {
		return err
	}
	var out bytes.Buffer
	err = join(&out, []view.Segment{*r.part}, true)
	r.zipped = out.Bytes()
	return err
}

// fresh reports whether the bytes may still be served: nothing has changed, or
// they are younger than sharedEvery and show the same window.
func (r *rendered) fresh(sale *booking.Sale, changes int64, window string) bool {
	if r.window != window || r.version != sale.Version {
		return false
	}
	return r.changes == changes || time.Since(r.at) < sharedEvery
}

// write answers with the bytes.
func (r *rendered) write(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding, Accept-Language, Cookie")
	body := r.part.Plain
	if acceptsGzip(req) {
		body = r.zipped
		h["Content-Encoding"] = gzipCoding
	}
	w.Write(body) //nolint:errcheck // a browser that has gone needs no answer
}
