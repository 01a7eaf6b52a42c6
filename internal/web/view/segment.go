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

// NewSegment compresses a part that will be used many times.
func NewSegment(plain []byte) (*Segment, error) {
	var buf bytes.Buffer
	z, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		return nil, fault.New(fault.Internal, "compress: %w", err)
	}
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

// headKey is all that the head of a page depends on: titles are few.
type headKey struct {
	lang         locale.Lang
	title, brand string
	refresh      int
	theme        *Theme
	staff        bool
}

// headsMax bounds the heads kept; beyond it they are rendered per request.
const headsMax = 4096

var heads = struct {
	sync.RWMutex // guards kept
	kept         map[headKey]*Segment
}{kept: make(map[headKey]*Segment)}

// head returns the page up to the end of its style sheet, compressed once.
func head(p *Page) (*Segment, error) {
	key := headKey{p.Lang, p.Title, p.Brand, p.Refresh, p.Theme, p.Staff}
	heads.RLock()
	s := heads.kept[key]
	heads.RUnlock()
	if s != nil {
		return s, nil
	}
	var buf bytes.Buffer
	if err := set(p.Lang).ExecuteTemplate(&buf, "head", p); err != nil {
		return nil, fault.New(fault.Internal, "head of page %s: %w", p.Name, err)
	}
	s, err := NewSegment(buf.Bytes())
	if err != nil {
		return nil, err
	}
	heads.Lock()
	defer heads.Unlock()
	if len(heads.kept) < headsMax {
		heads.kept[key] = s
	}
	return s, nil
}

// Segments renders a page as the parts it is sent in: the shared head, what is
// its own, and in the place of its hole the shared part p.Hole.
func Segments(p *Page) ([]Segment, error) {
	if p.Theme == nil {
		p.Theme = ThemeOf(DefaultAccent)
	}
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	first, err := head(p)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := set(p.Lang).ExecuteTemplate(&buf, "rest", p); err != nil {
		return nil, fault.New(fault.Internal, "page %s: %w", p.Name, err)
	}
	before, after, found := bytes.Cut(buf.Bytes(), []byte(hole))
	if !found || p.Hole == nil {
		return []Segment{*first, {Plain: before}}, nil
	}
	return []Segment{*first, {Plain: before}, *p.Hole, {Plain: after}}, nil
}

func holeHTML() template.HTML { return hole }
