package view

import (
	"bytes"
	"html/template"
	"sync"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"

	"github.com/klauspost/compress/flate"
)

// Segment is a part of a page. One that many pages share carries its deflate
// form, made once: blocks that end on a byte border and refer to nothing before
// them, so that segments can be joined into one stream (RFC 1951 §3.2.3).
type Segment struct {
	Plain    []byte
	Deflated []byte // nil: made for one request
}

// deflaters are used again: one takes a megabyte, and a waiting page has a dozen parts
// that change four times a second.
var deflaters sync.Pool

// NewSegment compresses a part that will be used many times.
func NewSegment(plain []byte) (*Segment, error) {
	var buf bytes.Buffer
	z, ok := deflaters.Get().(*flate.Writer)
	if ok {
		z.Reset(&buf)
	} else {
		var err error
		if z, err = flate.NewWriter(&buf, flate.BestCompression); err != nil {
			return nil, fault.New(fault.Internal, "compress: %w", err)
		}
	}
	defer deflaters.Put(z)
	if _, err := z.Write(plain); err != nil {
		return nil, fault.New(fault.Internal, "compress: %w", err)
	}
	if err := z.Flush(); err != nil {
		return nil, fault.New(fault.Internal, "compress: %w", err)
	}
	return &Segment{Plain: plain, Deflated: buf.Bytes()}, nil
}

// hole is where a page's shared part is put: no person's text can contain it,
// because everything they type is escaped.
const hole = "<!--hole-->"

// headKey is all that the head of a page depends on, up to the links of its header:
// titles are few.
type headKey struct {
	lang                        locale.Lang
	title, brand, home, refresh string
	theme                       *Theme
	staff, watch, rehearsal     bool
}

// footKey is all that the end of a page depends on.
type footKey struct {
	lang                       locale.Lang
	phone                      string
	script, staff, keys, watch bool
}

// keptMax bounds the heads and the feet kept; beyond it they are made per request.
const keptMax = 4096

// kept are the parts of pages that are made once for each key.
type kept[K comparable] struct {
	sync.RWMutex // guards parts
	parts        map[K]*Segment
}

var (
	heads = &kept[headKey]{parts: make(map[headKey]*Segment)}
	feet  = &kept[footKey]{parts: make(map[footKey]*Segment)}
)

// get returns the part of a key, from the template called name if it is new.
func (k *kept[K]) get(key K, name string, p *Page) (*Segment, error) {
	k.RLock()
	s := k.parts[key]
	k.RUnlock()
	if s != nil {
		return s, nil
	}
	var buf bytes.Buffer
	if err := write(&buf, name, p); err != nil {
		return nil, err
	}
	s, err := NewSegment(buf.Bytes())
	if err != nil {
		return nil, err
	}
	k.Lock()
	defer k.Unlock()
	if len(k.parts) < keptMax {
		k.parts[key] = s
	}
	return s, nil
}

// write runs one template of the page.
func write(to *bytes.Buffer, name string, p *Page) error {
	if err := set(p.Lang).ExecuteTemplate(to, name, p); err != nil {
		return fault.New(fault.Internal, "%s of page %s: %w", name, p.Name, err)
	}
	return nil
}

// ownSize is room for what is a page's own, in bytes: most have 2 to 4 kB.
const ownSize = 4 << 10

// Segments renders a page as the parts it is sent in: the shared head, what is
// its own, in the place of its hole the shared part p.Hole, and the shared foot.
func Segments(p *Page) ([]Segment, error) {
	if p.Theme == nil {
		p.Theme = ThemeOf(DefaultAccent)
	}
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	head, err := heads.get(headKey{p.Lang, p.Title, p.Brand, p.Home, p.Refresh, p.Theme, p.Staff, p.Watch, p.Rehearsal}, "head", p)
	if err != nil {
		return nil, err
	}
	foot, err := feet.get(footKey{p.Lang, p.Phone, p.Script, p.Staff, p.Nav != nil, p.Watch}, "foot", p)
	if err != nil {
		return nil, err
	}
	own := bytes.NewBuffer(make([]byte, 0, ownSize))
	for _, name := range []string{"top", "body-" + p.Name} {
		if err := write(own, name, p); err != nil {
			return nil, err
		}
	}
	before, after, found := bytes.Cut(own.Bytes(), []byte(hole))
	if !found || p.Hole == nil {
		return []Segment{*head, {Plain: before}, *foot}, nil
	}
	return []Segment{*head, {Plain: before}, *p.Hole, {Plain: after}, *foot}, nil
}

func holeHTML() template.HTML { return hole }
