package app

import (
	"bytes"
	"fmt"
	"html"
	"mime"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"einlass/internal/mail/sink"
)

// relayAddress is where a sink takes mail.
func relayAddress(s *sink.Sink) string { return fmt.Sprintf("127.0.0.1:%d", s.Port()) }

// inboxShown is how many mails the inbox lists, the newest.
const inboxShown = 200

// pages are what a demo shows beside health and metrics. The people in it are
// invented; still, the pages are on the ops listener, on this machine only.
func (st *stage) pages() Pages {
	return Pages{
		"GET /demo/mails":     http.HandlerFunc(st.inbox),
		"GET /demo/mails/{n}": http.HandlerFunc(st.letter),
		"GET /demo/report": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			report := st.report.Load()
			if report == nil {
				plain(w, http.StatusNotFound, "The report is written when the crowd has gone.")
				return
			}
			page(w, *report)
		}),
	}
}

func (st *stage) inbox(w http.ResponseWriter, _ *http.Request) {
	all := st.sink.Messages()
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=en><meta charset=utf-8><title>Mails of the demo</title><h1>%s mails arrived</h1><ol reversed>", number(st.sink.Counts().Taken))
	for i := len(all) - 1; i >= max(0, len(all)-inboxShown); i-- {
		m := all[i]
		fmt.Fprintf(&b, "<li>%s <a href=\"/demo/mails/%d\">%s</a> to %s</li>", m.At.Format(time.TimeOnly), i, html.EscapeString(subject(m.Raw)), html.EscapeString(m.To))
	}
	b.WriteString("</ol></html>")
	page(w, b.String())
}

// letter shows one mail as it was received.
func (st *stage) letter(w http.ResponseWriter, r *http.Request) {
	all := st.sink.Messages()
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(all) {
		plain(w, http.StatusNotFound, "There is no such mail any more.")
		return
	}
	plain(w, http.StatusOK, string(all[n].Raw))
}

func subject(raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "(not readable)"
	}
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return m.Header.Get("Subject")
	}
	return s
}

func page(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprint(w, text) //nolint:errcheck // whoever asked has gone
}
