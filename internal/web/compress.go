package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// compressFrom is the size from which compressing saves a packet, in bytes.
const compressFrom = 1200

var gzips = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant of the library
	}
	return z
}}

// writeCompressed answers with the body, compressed if the browser takes it.
func writeCompressed(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if len(body) >= compressFrom && acceptsGzip(r) {
		body = compress(body, gzips.Get().(*gzip.Writer), func(z *gzip.Writer) { gzips.Put(z) })
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // a browser that has gone needs no answer
	}
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

func compress(body []byte, z *gzip.Writer, done func(*gzip.Writer)) []byte {
	var buf bytes.Buffer
	z.Reset(&buf)
	z.Write(body) //nolint:errcheck // bytes.Buffer never fails
	z.Close()     //nolint:errcheck // as above
	done(z)
	return buf.Bytes()
}
