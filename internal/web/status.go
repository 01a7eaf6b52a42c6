package web

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// statusDoc is how it stands, the same for everybody, for pages and scripts that ask
// often. It stays below 1 kB.
type statusDoc struct {
	State  string `json:"state"` // of the sale: soon, open, queue, held, full, closed, paused
	Free   int    `json:"free"`
	Held   int    `json:"held"`
	Opens  string `json:"opens"`
	Server string `json:"server_time"`
	// Groups are the figures of each group, by its id, where the sale has several: free, in
	// carts, and of Room: serving, probably, probably_not, fast, slow, range_to. A list without
	// names, so that eight of them fit; zeros at its end are left out.
	Groups map[string][]float64 `json:"groups,omitempty"`
	// Of sales with a waiting room.
	Room *roomStatus `json:"room,omitempty"`
}

type roomStatus struct {
	Phase   string `json:"phase"`
	Serving uint32 `json:"serving"`           // everybody up to this number has been called; where there are groups, in the furthest
	Waiting *int   `json:"waiting,omitempty"` // not called yet; only where there are groups
	Numbers uint32 `json:"numbers"`           // so many were given out
	Drawn   uint32 `json:"drawn"`             // so many of them in the draw at the opening
	Paused  bool   `json:"paused,omitempty"`
	Until   string `json:"paused_until,omitempty"`
	// Message is the operator's; not where a sale has groups, for which there is no room
	// then: the pages have it, and View tells when it has changed.
	Message catalog.Text `json:"message,omitempty"`
	// Up to Probably there will probably be places, from Not on probably not; zero as long
	// as nothing can be told.
	Probably uint32 `json:"probably,omitempty"`
	Not      uint32 `json:"probably_not,omitempty"`
	// Numbers a minute, at the fastest and at the slowest that must be reckoned with, for
	// numbers up to RangeTo: how long somebody waits follows from them. Zero as long as it
	// cannot be told.
	Fast    float64 `json:"fast,omitempty"`
	Slow    float64 `json:"slow,omitempty"`
	RangeTo uint32  `json:"range_to,omitempty"`
	// Frozen is the head of the log as it was frozen; Beacon is what is waited for then.
	Frozen *frozenStatus `json:"frozen,omitempty"`
	Beacon draw.Source   `json:"beacon,omitempty"`
	// Largest is at most the share of the largest network of the numbers that browsers
	// drew, in per cent, where nothing else counts; zero as long as nothing can be told.
	Largest int `json:"largest_network_percent,omitempty"`
	// Near numbers ahead ask again after 5 s, more in proportion, at most Far seconds; and
	// at the moment of their call, at so many Calls a second, if that is sooner. Zero if it
	// cannot be told.
	Near  int     `json:"near"`
	Far   int     `json:"far"`
	Calls float64 `json:"calls,omitempty"`
	// View changes when a waiting page says something else than figures.
	View string `json:"view"`
}

type frozenStatus struct {
	N    uint32 `json:"n"`
	Hash string `json:"hash"` // its beginning, as pages show it
}

// The document's headers. Anybody on the way may keep it for a second.
var (
	statusType   = []string{"application/json"}
	statusMaxAge = []string{"public, max-age=1"}
)

// status answers with bytes that are at most as old as any shared page. It takes no turn:
// a turn costs half as much as the answer, and how many are read at once is bounded before
// (the turnstile of room app). Nor does it look for anybody's language, unless there is an
// error to tell.
func (s *Site) status(w http.ResponseWriter, r *http.Request) {
	sale, err := s.sale(r)
	if err == nil {
		err = s.writeStatus(w, sale, s.Now())
	}
	if err != nil {
		s.handle(func(http.ResponseWriter, *request) error { return err }).ServeHTTP(w, r)
	}
}

func (s *Site) writeStatus(w http.ResponseWriter, sale *booking.Sale, now time.Time) error {
	// Each of these only grows, so their sum tells whether any has.
	changes := s.Booking.Available.Changes(sale.ID) + s.Rooms.Changes(sale.ID) + now.Unix()
	page, err := s.shared.get(sharedKey{sale: sale.ID, what: "status"}, sale, changes, window(sale, now), func() ([]byte, error) {
		return s.renderStatus(sale, now)
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = statusType, statusMaxAge
	w.Write(page.part.Plain) //nolint:errcheck // a browser that has gone needs no answer
	return nil
}

func (s *Site) renderStatus(sale *booking.Sale, now time.Time) ([]byte, error) {
	t := s.totals(sale)
	doc := statusDoc{
		State: stateOf(sale, window(sale, now), t), Free: t.free, Held: t.held,
		Opens: sale.Opens.Format(time.RFC3339), Server: now.UTC().Format(time.RFC3339), Room: s.roomStatus(sale),
	}
	if sale.Grouped() {
		doc.Groups = s.groupFigures(sale, t)
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, fault.New(fault.Internal, "status: %w", err)
	}
	return body, nil
}

// groupFigures are the figures of each group, as the document has them.
func (s *Site) groupFigures(sale *booking.Sale, t totals) map[string][]float64 {
	out := make(map[string][]float64, len(sale.Groups))
	for g, left := range t.by {
		all := []float64{float64(left.Free), float64(left.Held)}
		if roster := s.Rooms.Roster(sale.ID); roster != nil {
			one := roomStatus{}
			one.forecast(s.Rooms.Forecast(sale.ID, g), s.Rooms.Levers(sale.ID).Paused)
			all = append(all, float64(roster.Room().By[g]), float64(one.Probably), float64(one.Not), one.Fast, one.Slow, float64(one.RangeTo))
		}
		for len(all) > 2 && all[len(all)-1] == 0 {
			all = all[:len(all)-1]
		}
		out[sale.Groups[g].ID] = all
	}
	return out
}

// forecast puts into the document what can be told.
func (doc *roomStatus) forecast(f *onsale.Forecast, paused bool) {
	if f == nil || !f.Known {
		return
	}
	doc.Probably, doc.Not = f.Probably, f.Not
	if !paused {
		doc.Fast, doc.Slow, doc.RangeTo = f.Speed.Fast, f.Speed.Slow, f.Speed.To
	}
}

// roomStatus is nil for a sale without a room.
func (s *Site) roomStatus(sale *booking.Sale) *roomStatus {
	if !hasRoom(sale) {
		return nil
	}
	roster := s.Rooms.Roster(sale.ID)
	if roster == nil {
		return &roomStatus{Phase: waitingroom.Phase(0).String()}
	}
	room, levers := roster.Room(), s.Rooms.Levers(sale.ID)
	doc := &roomStatus{
		Phase: room.Phase.String(), Serving: room.Called, Numbers: room.Entries, Drawn: room.Frozen,
		Paused: levers.Paused, Message: levers.Message, View: s.view(sale, levers),
	}
	if sale.Grouped() {
		waiting := roster.Waiting()
		doc.Message, doc.Waiting = nil, &waiting
	}
	s.frozenStatus(sale, &room, doc)
	near, far, calls := s.Rooms.Pacing(sale.ID).Told()
	doc.Near, doc.Far, doc.Calls = int(near), int(far), math.Round(calls*10)/10
	doc.Largest, _ = s.networks.share(sale.ID)
	if !sale.Grouped() {
		doc.forecast(s.Rooms.Forecast(sale.ID, 0), levers.Paused)
	}
	if levers.Paused && !levers.Until.IsZero() {
		doc.Until = levers.Until.Format(time.RFC3339)
	}
	return doc
}

// view names what waiting pages say beside their figures.
func (s *Site) view(sale *booking.Sale, l waitingroom.Levers) string {
	view := l.String() + fmt.Sprint(l.Message)
	for g := range sale.GroupCount() {
		if s.Rooms.SoldOut(sale.ID, 1<<g) {
			view += " sold out " + strconv.Itoa(g)
		}
	}
	h := fnv.New32a()
	h.Write([]byte(view))
	return strconv.FormatUint(uint64(h.Sum32()), 36)
}
