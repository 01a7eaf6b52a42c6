package web

import (
	"encoding/binary"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/paper"
	"einlass/internal/waitingroom"
)

// deskNumberBody is the receipt of a number: what became of it, and no name. Code is
// there only for the clerk who has just drawn it: whoever could look it up by a number
// could take somebody's place.
type deskNumberBody struct {
	deskSearch
	Title, Notice    string
	State, Number    string
	Say              []string
	Code, Aloud, URL string
	Book             string // where it is booked with, if it was called
	Here, Print      string // addresses, with the right to the code
	Facts            []deskFact
}

type deskFact struct{ What, Is string }

const (
	slipPurpose = "slip"
	// slipAge is how long the page of a number that a clerk drew shows its code: to read
	// it aloud, to print it, and to be called back at once.
	slipAge = time.Hour
)

// seeDrawn leads to the receipt of a number that was drawn now, or by the same letter
// before.
func (s *Site) seeDrawn(w http.ResponseWriter, r *deskRequest, sale *booking.Sale, out waitingroom.Outcome) error {
	slip, err := s.Secret.Seal(s.Rand, r.saleCookie(slipPurpose, sale), r.arrived.Add(slipAge), binary.BigEndian.AppendUint32(nil, out.Entry.No))
	if err != nil {
		return err
	}
	query := url.Values{"slip": {slip}}
	if out.Known {
		query.Set("had", "1")
	}
	return see(w, deskNumberPath(sale, out.Entry.No)+"?"+query.Encode())
}

// slipOf reports whether the address proves that its code may be shown.
func (s *Site) slipOf(r *deskRequest, sale *booking.Sale, no uint32) bool {
	body, err := s.Secret.Open(r.saleCookie(slipPurpose, sale), r.URL.Query().Get("slip"), r.arrived)
	return err == nil && len(body) == 4 && binary.BigEndian.Uint32(body) == no
}

// deskNumber shows what became of a number.
func (s *Site) deskNumber(w http.ResponseWriter, r *deskRequest) error {
	sale, b, err := s.receipt(r)
	if err != nil {
		return err
	}
	p := s.deskPage(r, sale, "desknumber", r.t("desk.number.title"))
	p.Kind, p.Here, p.State = "number", b.Here, b.State
	if b.Code != "" && r.URL.Query().Has("had") {
		b.Notice = r.t("desk.number.had")
	}
	p.Body = b
	return s.show(w, r.request, http.StatusOK, p)
}

// deskNumberPrint is the same for paper, with the code, for whoever stands here.
func (s *Site) deskNumberPrint(w http.ResponseWriter, r *deskRequest) error {
	sale, b, err := s.receipt(r)
	if err != nil {
		return err
	}
	p := s.deskPage(r, sale, "desknumberprint", r.t("desk.number.title"))
	p.Kind, p.Here = "numberprint", b.Print
	p.Body = b
	return s.show(w, r.request, http.StatusOK, p)
}

func (s *Site) receipt(r *deskRequest) (*booking.Sale, deskNumberBody, error) {
	sale, err := s.roomSale(r)
	if err != nil {
		return nil, deskNumberBody{}, err
	}
	no, err := strconv.ParseUint(r.PathValue("no"), 10, 32)
	if err != nil {
		return nil, deskNumberBody{}, fault.New(fault.NotFound, "no place in a log")
	}
	h, err := s.Rooms.History(r.ctx(), &sale.StoredSale, uint32(no))
	if err != nil {
		return nil, deskNumberBody{}, err
	}
	at := s.stand(sale, h.No, true, r.arrived)
	b := deskNumberBody{deskSearch: searchOf(sale), Title: sale.Event.Title.In(r.lang), State: at.kind, Here: deskNumberPath(sale, h.No), Facts: s.historyFacts(r.words, sale, h)}
	if h.Number > 0 {
		b.Number = locale.Number(r.lang, int64(h.Number))
	}
	b.Say = s.standingWords(r.words, sale, at)
	if at.kind == waitCalled || at.kind == waitLate {
		b.Book = b.Link + "?number=" + strconv.FormatUint(uint64(h.No), 10)
	}
	b.Print = b.Here + "/print"
	if s.slipOf(r, sale, h.No) {
		b.Code = waitingroom.Token{Sale: sale.ID, No: h.No}.TransferCode(s.Secret)
		b.Aloud, b.URL = paper.SpellOut(b.Code, string(r.lang)), s.BaseURL+sale.Path()+transferPath
		query := "?" + url.Values{"slip": {r.URL.Query().Get("slip")}}.Encode()
		b.Here, b.Print = b.Here+query, b.Print+query
	}
	return sale, b, nil
}

// standingWords are what a clerk passes on of how it stands.
func (s *Site) standingWords(w words, sale *booking.Sale, at standing) []string {
	data := locale.Data{"Opens": locale.DateTime(w.lang, sale.Opens, sale.Zone), "Ahead": locale.Number(w.lang, int64(at.ahead))}
	say := []string{w.t("desk.number.say."+sentence(at.kind), data)}
	if forecasts[at.kind] != "" {
		say = append(say, w.t("desk.number.say."+at.kind))
	}
	if levers := s.Rooms.Levers(sale.ID); levers.Paused && sentence(at.kind) == waitQueue {
		say = append(say, pauseNotice(w, sale, levers))
	}
	return say
}

// historyLine is a receipt in one line.
func (s *Site) historyLine(w words, sale *booking.Sale, h onsale.History) string {
	data := locale.Data{
		"Number": locale.Number(w.lang, int64(h.Number)), "Channel": w.t("desk.channel." + h.Channel.String()), "At": locale.DateTime(w.lang, h.At, sale.Zone),
	}
	if h.Number == 0 {
		return w.t("desk.number.line.undrawn", data)
	}
	return w.t("desk.number.line", data)
}

// historyFacts is a receipt line by line.
func (s *Site) historyFacts(w words, sale *booking.Sale, h onsale.History) []deskFact {
	at := func(t time.Time) string { return locale.DateTime(w.lang, t, sale.Zone) }
	out := []deskFact{
		{w.t("desk.number.joined"), at(h.At)},
		{w.t("desk.channel"), w.t("desk.channel." + h.Channel.String())},
		{w.t("desk.number.size"), locale.Number(w.lang, int64(h.Size))},
	}
	if saysWants(sale) {
		out = append(out, deskFact{w.t("desk.number.wants"), wantNames(sale, w.lang, h.Wants)})
	}
	called := w.t("desk.number.not_yet")
	if !h.Called.IsZero() {
		called = at(h.Called)
	}
	out = append(out, deskFact{w.t("desk.number.called_at"), called})
	for i, p := range h.Passes {
		spent := w.t("desk.number.unspent")
		if p.State != 0 {
			spent = w.t("desk.state." + p.State.String())
		}
		out = append(out, deskFact{w.t("desk.number.pass", locale.Data{"No": i + 1}), spent})
	}
	if !h.Until.IsZero() {
		out = append(out, deskFact{w.t("desk.number.until"), at(h.Until)})
	}
	return out
}

// findNumber reads a number or the code of one, as people say them; false if it is
// neither, or nobody's.
func (s *Site) findNumber(sale *booking.Sale, typed string) (no uint32, ok bool) {
	roster := s.Rooms.Roster(sale.ID)
	if !hasRoom(sale) || roster == nil {
		return 0, false
	}
	if t, err := waitingroom.ReadTransferCode(s.Secret, typed, sale.ID); err == nil && s.drawn(sale, t.No) {
		return t.No, true
	}
	number, err := strconv.ParseUint(strings.NewReplacer(".", "", ",", "", " ", "", "\u00a0", "").Replace(typed), 10, 32)
	if err != nil {
		return 0, false
	}
	return roster.At(uint32(number))
}
