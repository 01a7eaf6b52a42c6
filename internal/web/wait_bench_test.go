package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkWaiting is the CPU of what people who wait ask for, beside the page that is
// bytes from memory: the waiting page may cost one and a half times as much.
func BenchmarkWaiting(b *testing.B) {
	s := newRoom(b)
	s.at(-time.Hour)
	q := s.queueUp(b, 300)
	s.at(time.Second)
	last := q[len(q)-1]
	ask := func(path string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, s.URL+path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		for _, c := range last.c.Jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
		return r
	}
	for name, path := range map[string]string{"event": s.path, "wait": s.path + "/wait", "status": s.path + "/status.json"} {
		r := ask(path)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				s.site.Public().ServeHTTP(w, r.Clone(r.Context()))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
