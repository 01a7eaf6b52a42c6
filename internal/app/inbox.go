package app

import (
	"fmt"
	"net/http"
	"strconv"

	"einlass/internal/fault"
	"einlass/internal/mail/sink"
)

// relayAddress is where a sink takes mail.
func relayAddress(s *sink.Sink) string { return fmt.Sprintf("127.0.0.1:%d", s.Port()) }

// pages are what a demo shows beside health and metrics. The people in it are
// invented; still, the pages are on the ops listener, on this machine only.
func (st *stage) pages() Pages {
	return Pages{
		"GET " + sink.Path:                 http.HandlerFunc(st.mails),
		"GET " + sink.Path + "/{n}":        http.HandlerFunc(st.mail),
		"GET " + sink.Path + "/{n}/{part}": http.HandlerFunc(st.mailPart),
		"GET /demo/report": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			report := st.report.Load()
			if report == nil {
				plain(w, http.StatusNotFound, "The report is written when the crowd has gone.")
				return
			}
			send(w, "text/html; charset=utf-8", []byte(*report))
		}),
	}
}

func (st *stage) inbox() *sink.Inbox {
	return &sink.Inbox{Sink: st.sink, Lang: st.lang, Zone: st.plan.Sale.Event.Location()}
}

// mails lists what arrived, newest first: ?q= searches, ?page= leafs.
func (st *stage) mails(w http.ResponseWriter, r *http.Request) {
	page, err := strconv.Atoi(r.FormValue("page"))
	if err != nil {
		page = 1
	}
	body, err := st.inbox().List(r.FormValue("q"), page)
	answerInbox(w, body, err)
}

// mail shows one mail; ?view= chooses how.
func (st *stage) mail(w http.ResponseWriter, r *http.Request) {
	body, err := st.inbox().Show(numberOf(r), r.FormValue("view"))
	answerInbox(w, body, err)
}

// numberOf is the number of a mail in the address; no mail has number 0.
func numberOf(r *http.Request) int {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return 0
	}
	return n
}

func answerInbox(w http.ResponseWriter, body []byte, err error) {
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil:
		plain(w, http.StatusNotFound, "There is no such mail any more.")
	case err != nil:
		plain(w, http.StatusInternalServerError, "The mail cannot be shown.")
	default:
		w.Header().Set("Content-Security-Policy", sink.Policy)
		send(w, "text/html; charset=utf-8", body)
	}
}

// mailPart answers with the HTML part or the picture of a mail, for its page.
func (st *stage) mailPart(w http.ResponseWriter, r *http.Request) {
	m, err := st.sink.Message(numberOf(r))
	if err != nil {
		plain(w, http.StatusNotFound, "There is no such mail any more.")
		return
	}
	o, err := m.Open()
	w.Header().Set("Content-Security-Policy", sink.PagePolicy)
	switch part := r.PathValue("part"); {
	case err == nil && part == sink.ViewHTML && o.HTML != "":
		send(w, "text/html; charset=utf-8", []byte(o.Page()))
	case err == nil && part == sink.ViewImage && o.Image != nil:
		send(w, o.ImageType, o.Image)
	default:
		plain(w, http.StatusNotFound, "The mail has no such part.")
	}
}

// send answers with bytes that nobody may keep.
func send(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	w.Write(body) //nolint:errcheck // whoever asked has gone
}
