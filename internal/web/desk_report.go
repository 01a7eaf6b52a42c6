package web

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/chart"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/locale"
	"einlass/internal/report"
	"einlass/internal/web/view"
)

// reportBody is the page after the sale, in words.
type reportBody struct {
	deskSearch
	Title, Here, Organizer  string
	Sale, State, Big        string
	Headline                []string
	Running                 bool
	Places, Refused, Second []reportRow
	Single                  bool
	Channels                []reportChannel
	Room                    *reportRoom
	HasRoom                 bool
	Acts                    []deskFact
	MoreActs                string
}

// reportRow is a figure; In says how deep it stands below the one it is part of.
type reportRow struct {
	What string
	Is   reportCell
	In   int
}

// reportCell is a figure in words; Gone, if it is one that may not be told.
type reportCell struct {
	Text string
	Gone bool
}

type reportChannel struct {
	Name             string
	Places, Bookings reportCell
}

type reportRoom struct {
	How                            string
	Drawn, Became, Waits, Forecast []reportRow
	Curve, Table                   template.HTML
}

const (
	// reportEvery is how often a report is counted anew: it reads the whole sale, and
	// somebody may reload it while the crowd is there.
	reportEvery = 5 * time.Second
	// actsMost is how many acts by hand one report lists: they fit on paper.
	actsMost = 40
)

// reports are the last reports, by sale. One is counted at a time.
type reports struct {
	mu   sync.Mutex // guards last, and is held while one is counted
	last map[ident.SaleID]*report.Report
}

// reportOf returns a report that is at most reportEvery old.
func (s *Site) reportOf(r *deskRequest, sale *booking.Sale) (*report.Report, error) {
	s.reports.mu.Lock()
	defer s.reports.mu.Unlock()
	if last := s.reports.last[sale.ID]; last != nil && r.arrived.Sub(last.Made).Abs() < reportEvery {
		return last, nil
	}
	figures, err := s.Store.Figures(r.ctx(), sale.ID)
	if err != nil {
		return nil, err
	}
	made := report.Of(&sale.StoredSale, figures, r.arrived)
	if s.reports.last == nil {
		s.reports.last = make(map[ident.SaleID]*report.Report)
	}
	s.reports.last[sale.ID] = made
	return made, nil
}

// deskReport shows the report, or hands it over as one file that can be mailed.
func (s *Site) deskReport(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	made, err := s.reportOf(r, sale)
	if err != nil {
		return err
	}
	b, err := reportWords(r.words, sale, made)
	if err != nil {
		return err
	}
	theme := view.ReportThemeOf(sale.Organizer.Accent)
	if r.URL.Query().Has("download") {
		body, err := view.ReportFile(&view.File{Lang: r.lang, Title: b.Title, Theme: theme, Body: b})
		if err != nil {
			return err
		}
		return file(w, "text/html; charset=utf-8", r.t("report.file")+"-"+sale.Event.Slug+".html", body)
	}
	b.deskSearch, b.Here = searchOf(sale), "/desk"+sale.Path()+"/report"
	p := s.deskPage(r, sale, "deskreport", r.t("report.title"))
	p.Kind, p.Here, p.Theme, p.Body = "report", b.Here, theme, b
	if b.Running {
		p.State = "running"
	}
	return s.show(w, r.request, http.StatusOK, p)
}

// count says a figure, or that it is small, or that it is not shown.
func (w words) count(c report.Count) reportCell {
	switch c.State {
	case report.Small:
		return reportCell{w.t("report.few"), true}
	case report.Hidden:
		return reportCell{w.t("report.hidden"), true}
	}
	return reportCell{Text: locale.Number(w.lang, int64(c.N))}
}

// row is a figure with its name.
func (w words) row(in int, id string, c report.Count) reportRow {
	return reportRow{What: w.t(id), Is: w.count(c), In: in}
}

// reportWords says the report in one language.
func reportWords(w words, sale *booking.Sale, r *report.Report) (reportBody, error) {
	at := locale.DateTime(w.lang, r.Made, sale.Zone)
	b := reportBody{
		Title: sale.Event.Title.In(w.lang), Organizer: sale.Organizer.Name, Running: r.Running, Single: r.Places.Single, HasRoom: hasRoom(sale),
		State: w.t("report.closed", locale.Data{"At": at}), Big: w.count(r.Places.Booked).Text,
		Headline: []string{w.t("report.of", locale.Data{"Capacity": locale.Number(w.lang, int64(r.Places.Capacity))})},
		Sale: w.t("report.sale", locale.Data{
			"Organizer": sale.Organizer.Name, "Venue": sale.Venue.Name,
			"From": locale.DateTime(w.lang, sale.Opens, sale.Zone), "To": locale.DateTime(w.lang, sale.Closes, sale.Zone),
		}),
		Places: placesWords(w, r), Second: []reportRow{w.row(0, "report.acts.second", r.Second), w.row(0, "report.acts.namesakes", r.Namesakes)},
	}
	if r.Running {
		b.State = w.t("report.running", locale.Data{"At": at})
	}
	for _, c := range r.Places.Channels {
		if soldBy(sale, c) {
			b.Channels = append(b.Channels, reportChannel{w.t("desk.channel." + c.Channel.String()), w.count(c.Places), w.count(c.Bookings)})
		}
	}
	if len(r.Refused) > 0 {
		b.Refused = append(b.Refused, w.row(0, "report.refused.all", r.RefusedTotal))
	}
	for _, one := range r.Refused {
		b.Refused = append(b.Refused, w.row(1, "report.why."+string(one.Reason), one.Times))
	}
	b.acts(w, sale, r.Pulled)
	if r.Room == nil {
		return b, nil
	}
	b.Headline = append(b.Headline, w.t("report.of.room", locale.Data{"All": w.count(r.Room.All).Text, "Called": w.count(r.Room.Called).Text, "Waiting": w.count(r.Room.Waiting).Text}))
	room, err := roomWords(w, sale, r.Room)
	b.Room = room
	return b, err
}

// soldBy reports whether a channel is one of the sale's: it has a part of the places,
// or something was booked by it.
func soldBy(sale *booking.Sale, c report.Channel) bool {
	if c.Channel == catalog.Online || c.Places != (report.Count{}) {
		return true
	}
	for _, a := range sale.Allotments {
		if a.Channel == c.Channel {
			return true
		}
	}
	return false
}

func placesWords(w words, r *report.Report) []reportRow {
	free := "report.places.unused"
	if r.Running {
		free = "report.places.free"
	}
	p := r.Places
	out := []reportRow{w.row(0, "report.capacity", report.Count{N: p.Capacity}), w.row(1, "report.places.booked", p.Booked)}
	if !p.Single {
		out = append(out, w.row(2, "report.places.bookings", p.Bookings))
	}
	if r.Running || p.InCarts != (report.Count{}) {
		out = append(out, w.row(1, "report.places.carts", p.InCarts))
	}
	if p.Blocked != (report.Count{}) {
		out = append(out, w.row(1, "report.places.blocked", p.Blocked))
	}
	return append(out, w.row(1, free, p.Free))
}

// acts lists what was done by hand, the first actsMost of them.
func (b *reportBody) acts(w words, sale *booking.Sale, pulled []report.Pulled) {
	for i, p := range pulled {
		if i == actsMost {
			b.MoreActs = w.t("report.acts.more", locale.Data{"Count": len(pulled) - actsMost})
			return
		}
		var did []string
		for _, act := range p.What {
			did = append(did, w.t("report.act."+string(act.Lever), locale.Data{"Count": act.Rate}))
		}
		b.Acts = append(b.Acts, deskFact{locale.DateShort(w.lang, p.At, sale.Zone) + ", " + locale.Clock(w.lang, p.At, sale.Zone), strings.Join(did, ", ")})
	}
}

func roomWords(w words, sale *booking.Sale, r *report.Room) (*reportRoom, error) {
	out := &reportRoom{
		How: w.t("report.numbers.how", locale.Data{"Opens": locale.DateTime(w.lang, sale.Opens, sale.Zone)}),
		Drawn: []reportRow{
			w.row(0, "report.numbers.all", r.All), w.row(1, "report.numbers.before", r.Before), w.row(1, "report.numbers.after", r.After),
		},
		Became: []reportRow{
			w.row(0, "report.became.called", r.Called), w.row(1, "report.became.came", r.Came), w.row(2, "report.became.booked", r.Booked),
			w.row(2, "report.became.empty", r.Empty), w.row(1, "report.became.away", r.Away), w.row(0, "report.became.waiting", r.Waiting),
		},
	}
	for i, c := range r.Channels {
		row := w.row(1, "report.numbers."+c.Channel.String(), c.Bookings)
		if c.Channel == catalog.Online || c.Bookings != (report.Count{}) {
			if i == 0 {
				out.Drawn = append(out.Drawn, w.row(0, "report.numbers.of", r.All))
			}
			out.Drawn = append(out.Drawn, row)
		}
	}
	if r.Largest > 0 {
		out.Drawn = append(out.Drawn, reportRow{What: w.t("report.numbers.largest"), Is: reportCell{Text: w.t("report.largest", locale.Data{"Percent": r.Largest})}})
	}
	if f := r.Forecast; f != nil {
		out.Forecast = []reportRow{
			w.row(0, "report.forecast.probably", f.Probably), w.row(1, "report.forecast.probably.called", f.ProbablyCalled),
			w.row(0, "report.forecast.not", f.Not), w.row(1, "report.forecast.not.called", f.NotCalled),
		}
	}
	if r.Waits == nil {
		return out, nil
	}
	return out, out.wait(w, r.Waits)
}

// exactly writes a length of time to the second: what is at most so long must not be
// rounded down.
func (w words) exactly(d time.Duration) string {
	switch rest := d % time.Minute; {
	case d >= time.Hour: // to the minute
		return locale.Duration(w.lang, d+time.Minute-1)
	case d < time.Minute || rest == 0:
		return locale.Duration(w.lang, d)
	default:
		return locale.Duration(w.lang, d-rest) + " " + locale.Duration(w.lang, rest)
	}
}

// wait says and draws how long people waited.
func (b *reportRoom) wait(w words, waits *report.Waits) error {
	say := func(id string, d time.Duration) reportRow {
		return reportRow{What: w.t(id), Is: reportCell{Text: w.exactly(d)}}
	}
	b.Waits = []reportRow{say("report.waits.median", waits.Median()), say("report.waits.nine", waits.Nine()), say("report.waits.longest", waits.Longest())}
	head := chart.Head{
		ID: "waits", Title: w.t("report.waits.curve"), Words: chart.German(),
		Desc: w.t("report.waits.desc", locale.Data{"Median": b.Waits[0].Is.Text, "Nine": b.Waits[1].Is.Text}),
	}
	if w.lang == locale.English {
		head.Words = chart.English()
	}
	head.Words.Time = w.t("report.waits.time")
	curve := waits.Curve(head, w.t("report.waits.called"))
	var svg, table bytes.Buffer
	if err := curve.WriteSVG(&svg); err != nil {
		return fault.New(fault.Internal, "draw the waiting times: %w", err)
	}
	if err := curve.WriteTable(&table); err != nil {
		return fault.New(fault.Internal, "table of the waiting times: %w", err)
	}
	b.Curve, b.Table = template.HTML(svg.String()), template.HTML(table.String()) //nolint:gosec // room chart escapes every text
	return nil
}
