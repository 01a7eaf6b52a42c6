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
	h, zip := w.Header(), acceptsGzip(r)
	h.Add("Vary", "Accept-Encoding")
	body := takeBody()
	defer giveBody(body)
	if err := join(body, parts, zip); err != nil {
		return err
	}
	if zip {
		h["Content-Encoding"] = gzipCoding
	}
	h["Content-Length"] = []string{strconv.Itoa(body.Len())}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body.Bytes()) //nolint:errcheck // a browser that has gone needs no answer
	}
	return nil
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// join puts the parts together behind what out has, plain or as one gzip member.
func join(out *bytes.Buffer, parts []view.Segment, zip bool) error {
	if !zip {
		for i := range parts {
			out.Write(parts[i].Plain)
		}
		return nil
	}
	out.Write(gzipHeader)
	sum, length := uint32(0), uint32(0)
	for i := range parts {
		if err := deflate(out, &parts[i]); err != nil {
			return err
		}
		sum = crc32.Update(sum, crc32.IEEETable, parts[i].Plain)
		length += uint32(len(parts[i].Plain))
	}
	out.Write(lastBlock)
	out.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out.AvailableBuffer(), sum), length))
	return nil
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
