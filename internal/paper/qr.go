package paper

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"sync"
	"unicode/utf8"

	"rsc.io/qr"
)

const (
	// MaxQRContent is the longest content in octets. A code of this size
	// (version 17, 85 modules) is the densest that a phone still reads from a
	// folded sheet; a booking's address needs less than 100.
	MaxQRContent = 500
	// MaxQRScale is the largest edge of one module in a PNG, in pixels: with the
	// largest code a picture of about 3,000 × 3,000.
	MaxQRScale = 32
	// quietZone is the empty border in modules (ISO/IEC 18004 §6.3.8).
	quietZone = 4
)

// QRSVG draws content as a QR code of error correction M: one path of black
// runs on a white ground with a quiet zone of 4 modules. One unit of the viewBox
// is one module. The ground stays white in dark mode, for half of all readers
// refuse an inverted code. The picture carries no words: whoever places it gives
// it its alternative text. Errors wrap ErrQRContent.
func QRSVG(content string) ([]byte, error) {
	m, err := encode(content)
	if err != nil {
		return nil, err
	}
	edge := strconv.Itoa(m.size + 2*quietZone)
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + edge + ` ` + edge +
		`" shape-rendering="crispEdges"><rect width="` + edge + `" height="` + edge + `" fill="#fff"/><path d="`)
	m.path(&out)
	out.WriteString(`" fill="#000"/></svg>`)
	return out.Bytes(), nil
}

// QRPNG draws the same code as QRSVG as a PNG with two colours, scale pixels
// (1 to MaxQRScale) to a module: mail programs show no SVG. Errors wrap
// ErrQRContent.
func QRPNG(content string, scale int) ([]byte, error) {
	if scale < 1 || scale > MaxQRScale {
		return nil, fmt.Errorf("%w: scale %d is not in 1..%d", ErrQRContent, scale, MaxQRScale)
	}
	m, err := encode(content)
	if err != nil {
		return nil, err
	}
	edge := (m.size + 2*quietZone) * scale
	picture := image.NewPaletted(image.Rect(0, 0, edge, edge), color.Palette{color.White, color.Black})
	for y := range m.size { // one row of modules, then its copies
		row := picture.Pix[(y+quietZone)*scale*picture.Stride:]
		for x := range m.size {
			if m.dark(x, y) {
				for i := range scale {
					row[(x+quietZone)*scale+i] = 1
				}
			}
		}
		for i := 1; i < scale; i++ {
			copy(row[i*picture.Stride:(i+1)*picture.Stride], row[:picture.Stride])
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &pngBuffers}
	if err := encoder.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("write QR picture: %w", err)
	}
	return out.Bytes(), nil
}

// pngBuffers keeps what the encoder needs between pictures: making it anew costs more
// than the picture.
var pngBuffers pngPool

// pngPool is a sync.Pool as image/png wants it.
type pngPool struct{ pool sync.Pool }

// Get implements png.EncoderBufferPool; nil makes the encoder allocate.
func (p *pngPool) Get() *png.EncoderBuffer {
	b, _ := p.pool.Get().(*png.EncoderBuffer) //nolint:errcheck // nil is an answer
	return b
}

// Put implements png.EncoderBufferPool.
func (p *pngPool) Put(b *png.EncoderBuffer) { p.pool.Put(b) }

// modules is a QR code as a square of dark and light modules, row by row.
type modules struct {
	size  int
	cells []bool
}

// dark reports whether the module at x, y is dark; outside all are light.
func (m modules) dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < m.size && y < m.size && m.cells[y*m.size+x]
}

// path writes every horizontal run of dark modules as one closed figure.
func (m modules) path(out *bytes.Buffer) {
	for y := range m.size {
		for x := 0; x < m.size; x++ {
			if !m.dark(x, y) {
				continue
			}
			run := 1
			for m.dark(x+run, y) {
				run++
			}
			b := strconv.AppendInt(append(out.AvailableBuffer(), 'M'), int64(x+quietZone), 10)
			b = strconv.AppendInt(append(b, ' '), int64(y+quietZone), 10)
			b = strconv.AppendInt(append(b, 'h'), int64(run), 10)
			b = strconv.AppendInt(append(b, "v1h-"...), int64(run), 10)
			out.Write(append(b, 'z')) //nolint:errcheck // bytes.Buffer never fails
			x += run
		}
	}
}

// encode turns content into modules.
func encode(content string) (modules, error) {
	switch {
	case content == "":
		return modules{}, fmt.Errorf("%w: it is empty", ErrQRContent)
	case len(content) > MaxQRContent:
		return modules{}, fmt.Errorf("%w: it has %d octets, at most %d", ErrQRContent, len(content), MaxQRContent)
	case !utf8.ValidString(content):
		return modules{}, fmt.Errorf("%w: it is not UTF-8", ErrQRContent)
	}
	code, err := qr.Encode(content, qr.M)
	if err != nil {
		return modules{}, fmt.Errorf("%w: %w", ErrQRContent, err)
	}
	m := modules{size: code.Size, cells: make([]bool, code.Size*code.Size)}
	for y := range m.size {
		for x := range m.size {
			m.cells[y*m.size+x] = code.Black(x, y)
		}
	}
	return m, nil
}
