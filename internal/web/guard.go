package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
)

// bodyMax is the largest form accepted, in bytes: ten people with every field at
// its limit stay far below.
const bodyMax = 64 << 10

// guard is what every request passes: size limit, headers, forms of other sites
// refused, a panic becomes a page. secure says that the site is only reached by
// TLS, whatever a request looks like here.
func (s *Site) guard(secure bool, next http.Handler) http.Handler {
	forms := http.NewCrossOriginProtection()
	forms.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What such a form says is not looked at, its language neither.
		s.fail(w, &request{Request: r, arrived: s.Now(), words: wordsOf(r)}, fault.New(fault.Forbidden, "a form of another site"))
	}))
	inner := forms.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		}
		guardHeaders(w.Header())
		if s.Rehearsal {
			w.Header().Set(RehearsalHeader, "copy")
		}
		if secure || overTLS(r) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer s.recover(w, r)
		if failpoint.Bug(failpoint.BugGeoblock) && !AddressOf(r.RemoteAddr).IsLoopback() {
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// RehearsalHeader stands in every answer of a rehearsal's copy.
const RehearsalHeader = "Einlass-Rehearsal"

// Values of headers that most answers have: made once, and never appended to in place,
// as each has room for one.
var (
	noSniff    = []string{"nosniff"}
	sameOrigin = []string{"same-origin"}
	htmlType   = []string{"text/html; charset=utf-8"}
	noStore    = []string{"no-store"}
	gzipCoding = []string{"gzip"}
)

// guardHeaders keep other sites from using our pages.
func guardHeaders(h http.Header) {
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = sameOrigin
	h["Cross-Origin-Opener-Policy"] = sameOrigin
}

// recover is the last resort (OWASP ASVS 16.5.4): the person gets a page, the
// operator the stack, without anything the person typed.
func (s *Site) recover(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil || v == http.ErrAbortHandler {
		return
	}
	s.Log.Error("handler panicked", "route", r.Pattern, "panic", v, "stack", string(debug.Stack()))
	http.Error(w, "Bei uns ist etwas schiefgegangen. Something went wrong on our side.", http.StatusInternalServerError)
}

// request is an HTTP request with what every handler needs of it.
type request struct {
	*http.Request
	arrived time.Time // on the sale's clock
	words
	secure bool // the person's way to us is protected by TLS: cookies are Secure
	// again: this POST only wants its answer in another language. It changes
	// nothing; said is what the answer was, if it was no form.
	again bool
	said  string
}

// overTLS reports whether the request reached us by TLS, or a proxy that we trust
// by it: room app writes the scheme, and nobody else can.
func overTLS(r *http.Request) bool { return r.TLS != nil || r.URL.Scheme == "https" }

// handle turns a handler that may fail into one that always answers.
func (s *Site) handle(h func(http.ResponseWriter, *request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &request{Request: r, arrived: s.Now(), words: wordsOf(r), secure: s.Secure || overTLS(r)}
		if failpoint.Bug(failpoint.BugClientClock) {
			req.arrived = clientClock(r, req.arrived)
		}
		err := req.readForm(w)
		if errors.Is(err, io.ErrUnexpectedEOF) && !failpoint.Bug(failpoint.BugGoneAreServed) {
			w.WriteHeader(http.StatusBadRequest) // they left in the middle of it: a page would be for nobody
			return
		}
		s.keepLanguage(w, req)
		if err == nil {
			err = errorSaid(req.said)
		}
		if err == nil {
			err = h(w, req)
		}
		if err != nil {
			s.fail(w, req, err)
		}
	})
}

// clientClock is the time that the browser claims, for the planted bug that believes
// it; nothing of ours asks for it.
func clientClock(r *http.Request, otherwise time.Time) time.Time {
	if at, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		return at
	}
	return otherwise
}

// ctx carries the request's deadline to everything that waits.
func (r *request) ctx() context.Context { return r.Context() }
