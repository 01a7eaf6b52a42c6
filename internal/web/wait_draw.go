package web

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
	"einlass/internal/web/view"
)

// The holes of the page about a draw, for whoever has an entry.
const (
	holeAlias = "hole-alias"
	holeLine  = "hole-line"
)

var drawHoles = regexp.MustCompile(holeAlias + "|" + holeLine + "|" + holeNumber)

// hashShown is how many digits of a checksum stand on pages that are no proof: enough
// to compare by eye, and nobody finds a second log for them in a morning.
const hashShown = 16

type drawBody struct {
	Title, Lead, Back   string
	Alias, Line, Number string // of whoever looks; empty without an entry
	Facts               []drawFact
	Proved, NotProved   []string
	Moment              string
	Files               []drawLink
}

type drawFact struct {
	Name, Text string
	Hash       bool
}

type drawLink struct{ Name, Link, What string }

// drawPage says what the draw is, what its files prove, and where they are. It is made
// once for all, with holes for whoever has an entry.
func (s *Site) drawPage(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	if s.Rooms.Roster(sale.ID) == nil {
		return see(w, sale.Path())
	}
	no, has := s.number(r, sale)
	entry := waitingroom.Entry{}
	if has {
		entry, err = s.Store.Entry(r.ctx(), waitingroom.Place{Sale: sale.ID, No: no})
		if has = err == nil; err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	phase := phaseOf(s.Rooms.Roster(sale.ID))
	page, err := s.shared.get(sharedKey{sale: sale.ID, lang: r.lang, what: fmt.Sprint("draw ", has), holes: drawHoles}, sale, s.Rooms.Changes(sale.ID), phase, func() ([]byte, error) {
		return s.renderDraw(r, sale, has)
	})
	if err != nil {
		return err
	}
	number, _ := s.Rooms.Roster(sale.ID).Number(no)
	parts := page.holed.fill(func(hole string) string {
		switch hole {
		case holeAlias:
			return entry.Alias.String()
		case holeLine:
			return strconv.FormatUint(uint64(no)+1, 10) // as editors count: no separators
		}
		return locale.Number(r.lang, int64(number))
	})
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", view.ThemeOf(sale.Organizer.Accent).Policy)
	h.Set("Cache-Control", "no-store")
	return writeSegments(w, r.Request, http.StatusOK, parts)
}

func (s *Site) renderDraw(r *request, sale *booking.Sale, has bool) ([]byte, error) {
	published, err := s.Rooms.Published(r.ctx(), &sale.StoredSale, 0)
	if err != nil {
		return nil, err
	}
	n, roster := &published.Notice, s.Rooms.Roster(sale.ID)
	p := salePage(sale, "draw", r.t("draw.title"))
	here := sale.Path() + "/draw"
	p.Lang, p.State, p.Here, p.Language = r.lang, phaseOf(roster), here, others(r.lang, here)
	b := drawBody{Title: sale.Event.Title.In(r.lang), Back: sale.Path() + "/wait", Lead: r.t("draw.lead.after")}
	if n.Drawn == nil {
		b.Lead = r.t("draw.lead.before", locale.Data{"Opens": r.at(n.Terms[len(n.Terms)-1].Opens, sale)})
		if roster.Room().Phase == waitingroom.Over {
			b.Lead = r.t("draw.lead.over")
		}
	}
	if has {
		b.Alias, b.Line = holeAlias, holeLine
		if n.Drawn != nil {
			b.Number = holeNumber
		}
	}
	b.Facts = s.drawFacts(r.words, sale, n)
	b.Proved, b.NotProved = drawProves(r.words, n)
	b.files(r.words, here, published)
	p.Body = b
	return view.Render(p)
}

// at says a moment in the sale's zone.
func (w words) at(t time.Time, sale *booking.Sale) string {
	return locale.DateTime(w.lang, t, sale.Zone)
}

// drawFacts lists what is settled so far. Checksums and keys stand in full: they are
// what people compare.
func (s *Site) drawFacts(w words, sale *booking.Sale, n *draw.Notice) []drawFact {
	terms := n.Terms[len(n.Terms)-1]
	var out []drawFact
	say := func(id, text string) { out = append(out, drawFact{Name: w.t(id), Text: text}) }
	sum := func(id string, b []byte) {
		out = append(out, drawFact{Name: w.t(id), Text: hex.EncodeToString(b), Hash: true})
	}
	say("draw.fact.opened", w.at(n.Opened, sale))
	say("draw.fact.opens", w.at(terms.Opens, sale))
	say("draw.fact.rules", strconv.Itoa(n.Rules))
	sum("draw.fact.commitment", n.Commitment[:])
	say("draw.fact.beacon", w.beacon(terms.Rule, sale))
	sum("draw.fact.key", n.HeadsKey[:])
	last, frozen, _ := s.Rooms.Head(sale.ID)
	if frozen != nil {
		say("draw.fact.frozen", w.head(frozen, sale))
	}
	say("draw.fact.head", w.head(&last, sale))
	if percent, ok := s.networks.share(sale.ID); ok {
		say("draw.fact.largest", w.t("draw.largest", locale.Data{"Percent": percent}))
	}
	if d := n.Drawn; d != nil {
		say("draw.fact.drawn", w.at(d.DrawnAt, sale))
		sum("draw.fact.seed", d.Seed[:])
		say("draw.fact.used", w.used(d.Beacon))
	}
	return out
}

func (w words) head(h *draw.Head, sale *booking.Sale) string {
	return w.t("draw.state", locale.Data{"Entries": locale.Number(w.lang, int64(h.N)), "At": w.at(h.At, sale), "Hash": hex.EncodeToString(h.Hash[:])})
}

// beacon says which public value was promised.
func (w words) beacon(rule draw.Rule, sale *booking.Sale) string {
	if rule.Source == draw.None {
		return w.t("draw.beacon.none")
	}
	return w.t("draw.beacon."+string(rule.Source), beaconData(w, rule, sale))
}

func beaconData(w words, rule draw.Rule, sale *booking.Sale) locale.Data {
	return locale.Data{"From": rule.From, "Round": strconv.FormatUint(rule.Round, 10), "At": w.at(draw.RoundTime(rule.Round), sale), "Until": w.at(rule.Until, sale)}
}

// used says which value went into the draw.
func (w words) used(b draw.Beacon) string {
	if b.Source == draw.None || b.Source == "" {
		return w.t("draw.used.none")
	}
	return w.t("draw.used."+string(b.Source), locale.Data{"Text": b.Text, "Round": strconv.FormatUint(b.Round, 10)})
}

// drawProves says in people's words what draw.Check says to those who run it.
func drawProves(w words, n *draw.Notice) (proved, not []string) {
	promised := n.Terms[len(n.Terms)-1].Rule.Source
	used := promised
	if n.Drawn != nil && n.Drawn.Beacon.Source == draw.None {
		used = draw.None
	}
	proved = []string{w.t("draw.proved.order"), w.t("draw.proved.late"), w.t("draw.proved.kept")}
	switch {
	case used != draw.None:
		proved = append(proved, w.t("draw.proved."+string(used)))
		if used == draw.Typed {
			not = append(not, w.t("draw.not.typed"))
		}
	case promised != draw.None:
		not = append(not, w.t("draw.not.failed"), w.t("draw.not.chosen"))
	default:
		not = append(not, w.t("draw.not.chosen"))
	}
	return proved, append(not, w.t("draw.not.people"), w.t("draw.not.times"))
}

// files links to what there is to download; after the draw to that of one moment.
func (b *drawBody) files(w words, here string, p *onsale.Published) {
	moment := ""
	if b.Moment = w.t("draw.files.later"); p.Notice.Drawn != nil {
		moment = "?" + headField + "=" + strconv.Itoa(p.Heads)
		b.Moment = w.t("draw.files.moment", locale.Data{"Entries": locale.Number(w.lang, int64(p.Notice.Drawn.Entries))})
	}
	for _, f := range []struct{ name, what string }{
		{draw.FileRoom, "draw.files.room"}, {draw.FileHeads, "draw.files.heads"}, {draw.FileLog, "draw.files.log"}, {draw.FileNumbers, "draw.files.numbers"},
	} {
		if p.Has(f.name) {
			b.Files = append(b.Files, drawLink{Name: f.name, Link: here + "/" + f.name + moment, What: w.t(f.what)})
		}
	}
}

// drawingSay says what the draw waits for, and shows the frozen log: whoever keeps its
// checksum has seen it before anybody knew the beacon.
func (s *Site) drawingSay(w words, sale *booking.Sale) (say []string) {
	room := s.Rooms.Roster(sale.ID).Room()
	rule := room.Promised().Rule
	if rule.Source != draw.Typed && rule.Source != draw.Drand {
		return []string{w.t("wait.drawing")}
	}
	say = []string{w.t("wait.drawing."+string(rule.Source), beaconData(w, rule, sale))}
	if _, frozen, _ := s.Rooms.Head(sale.ID); frozen != nil {
		say = append(say, w.t("wait.frozen", locale.Data{"Entries": locale.Number(w.lang, int64(frozen.N)), "Hash": shortHash(frozen)}))
	}
	return append(say, w.t("wait.keep"))
}

func shortHash(h *draw.Head) string { return hex.EncodeToString(h.Hash[:])[:hashShown] }

// frozenStatus puts into the status what there is to see of the draw.
func (s *Site) frozenStatus(sale *booking.Sale, room *waitingroom.Room, doc *roomStatus) {
	if _, frozen, _ := s.Rooms.Head(sale.ID); frozen != nil {
		doc.Frozen = &frozenStatus{N: frozen.N, Hash: shortHash(frozen)}
	}
	if source := room.Promised().Rule.Source; room.Phase == waitingroom.Drawing && source != draw.None {
		doc.Beacon = source
	}
}

// headField names the moment of a draw's files: so many heads were signed.
const headField = "head"

// headOf reads it; 0 is the last one. NotFound if it is none.
func headOf(r *request) (int, error) {
	text := r.URL.Query().Get(headField)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > draw.HeadsMax {
		return 0, fault.New(fault.NotFound, "no head %.20q", text)
	}
	return n, nil
}
