package web

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"

	"einlass/internal/fault"
	"einlass/internal/web/view"

	"github.com/klauspost/compress/flate"
)

// storeUpTo is the size up to which a part is sent as it is: compressing it saves
// less than it costs, in bytes.
const storeUpTo = 256

// Frame of a gzip member (RFC 1952): no name, no time, unknown system; and the
// empty last block that ends the deflate stream.
var (
	gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}
	lastBlock  = []byte{1, 0, 0, 0xff, 0xff}
)

// writeSegments answers with a page. Its shared parts were compressed once; only
// what is this request's own is compressed now, and all is joined to one gzip
// stream.
func writeSegments(w http.ResponseWriter, r *http.Request, status int, parts []view.Segment) error {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	body, err := joined(parts, acceptsGzip(r))
	if err != nil {
		return err
	}
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // a browser that has gone needs no answer
	}
	return nil
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// joined puts the parts together, plain or as one gzip member.
func joined(parts []view.Segment, zip bool) ([]byte, error) {
	size := len(gzipHeader) + 16
	for i := range parts {
		size += max(len(parts[i].Deflated), len(parts[i].Plain)/2)
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	if !zip {
		for i := range parts {
			out.Write(parts[i].Plain)
		}
		return out.Bytes(), nil
	}
	out.Write(gzipHeader)
	sum, length := uint32(0), uint32(0)
	for i := range parts {
		if err := deflate(out, &parts[i]); err != nil {
			return nil, err
		}
		sum = crc32.Update(sum, crc32.IEEETable, parts[i].Plain)
		length += uint32(len(parts[i].Plain))
	}
	out.Write(lastBlock)
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out.Bytes(), sum), length), nil
}

// deflate appends one part as blocks that end on a byte border.
func deflate(out *bytes.Buffer, s *view.Segment) error {
	n := len(s.Plain)
	switch {
	case s.Deflated != nil:
		out.Write(s.Deflated)
	case n == 0:
	case n <= storeUpTo: // a stored block (RFC 1951 §3.2.4)
		out.Write([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)})
		out.Write(s.Plain)
	default:
		if err := flate.StatelessDeflate(out, s.Plain, false, nil); err != nil {
			return fault.New(fault.Internal, "compress: %w", err)
		}
	}
	return nil
}
