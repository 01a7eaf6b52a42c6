package rehearsal

import (
	"bytes"
	"hash/maphash"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"einlass/internal/fault"
)

// lensMax is how many extracted pages are remembered. The pages that everybody
// sees alike are few; the rest only passes through.
const lensMax = 512

// lens turns bytes from the wire into pages. Shared pages come again and again
// with the same bytes: they are unpacked and extracted once, so that the crowd
// spends its CPU on asking.
type lens struct {
	seed maphash.Seed

	mu    sync.Mutex // guards pages
	pages map[lensKey]*Page
}

type lensKey struct {
	sum  uint64
	size int
	gzip bool
}

func newLens() *lens { return &lens{seed: maphash.MakeSeed(), pages: map[lensKey]*Page{}} }

// page extracts r's body, or finds the page it extracted before.
func (l *lens) page(r *response) (*Page, error) {
	if len(r.body) == 0 {
		return &Page{}, nil
	}
	key := lensKey{maphash.Bytes(l.seed, r.body), len(r.body), r.gzip}
	l.mu.Lock()
	p := l.pages[key]
	l.mu.Unlock()
	if p != nil {
		return p, nil
	}
	var err error
	if p, err = extractFrom(r); err != nil {
		return nil, err
	}
	l.mu.Lock()
	if len(l.pages) >= lensMax {
		clear(l.pages)
	}
	l.pages[key] = p
	l.mu.Unlock()
	return p, nil
}

func extractFrom(r *response) (*Page, error) {
	if !r.gzip {
		return Extract(r.body), nil
	}
	b, err := unpack(r.body)
	if err != nil {
		return nil, err
	}
	defer func() { b.Reset(); unpacked.Put(b) }()
	return Extract(b.Bytes()), nil
}

var (
	unpackers sync.Pool
	unpacked  = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

// unpack undoes gzip within pageMax. The caller returns the buffer to unpacked.
func unpack(packed []byte) (*bytes.Buffer, error) {
	z, ok := unpackers.Get().(*gzip.Reader)
	var err error
	if ok {
		err = z.Reset(bytes.NewReader(packed))
	} else {
		z, err = gzip.NewReader(bytes.NewReader(packed))
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "rehearsal: unpack a page: %w", err)
	}
	defer unpackers.Put(z)
	b, ok := unpacked.Get().(*bytes.Buffer)
	if !ok {
		b = new(bytes.Buffer)
	}
	n, err := io.Copy(b, io.LimitReader(z, pageMax+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "rehearsal: unpack a page: %w", err)
	}
	if n > pageMax {
		return nil, fault.New(fault.Unavailable, "rehearsal: page above 1 MiB")
	}
	return b, nil
}

// shows reports whether the page's bytes contain every text, as HTML writes it.
func shows(r *response, texts []string) (bool, error) {
	body := r.body
	if r.gzip {
		b, err := unpack(r.body)
		if err != nil {
			return false, err
		}
		defer func() { b.Reset(); unpacked.Put(b) }()
		body = b.Bytes()
	}
	for _, t := range texts {
		if !bytes.Contains(body, []byte(t)) {
			return false, nil
		}
	}
	return true, nil
}
