package web_test

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/onsale"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// stuck is somebody who downloads and does not read.
type stuck struct {
	httptest.ResponseRecorder
	once  sync.Once
	began chan struct{}
	end   chan struct{}
}

// Write waits for its reader.
func (w *stuck) Write(p []byte) (int, error) {
	w.once.Do(func() { close(w.began) })
	<-w.end
	return w.ResponseRecorder.Write(p)
}

// TestSlowReadersKeepNoTurn: as many readers as may be do not read their file; everybody
// else is served at once, and one more reader is asked to come again.
func TestSlowReadersKeepNoTurn(t *testing.T) {
	const readers = 64 // filesAtOnce
	s := newRoom(t)
	s.at(-time.Hour)
	crowd := s.comers(t, 0, 3)
	end := make(chan struct{})
	var all sync.WaitGroup
	var answers []*stuck
	for range readers {
		w := &stuck{began: make(chan struct{}), end: end, ResponseRecorder: *httptest.NewRecorder()}
		all.Go(func() {
			s.site.Public().ServeHTTP(w, httptest.NewRequest(http.MethodGet, s.path+"/draw/heads.jsonl", nil))
		})
		<-w.began
		answers = append(answers, w)
	}
	begun := time.Now()
	for _, b := range crowd {
		b.get(s.path+"/wait").want(200, `data-state="joined"`)
	}
	s.comers(t, 3, 3)
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("others waited %s for those who do not read", took)
	}
	b := s.browser(t)
	b.get(s.path + "/draw/room.json").want(503)
	close(end)
	all.Wait()
	b.get(s.path+"/draw/room.json").want(200, `"commitment"`)
	for _, w := range answers {
		if heads, err := draw.ReadHeads(w.Body); err != nil || len(heads) == 0 {
			t.Fatalf("%d heads, %v", len(heads), err)
		}
	}
}

// TestARestartSignsOn: in each phase a server that starts anew knows the heads that were
// signed, signs with the same key and publishes the same files.
func TestARestartSignsOn(t *testing.T) {
	s := newRoom(t, func(p *setup.Plan) {
		p.Sale.Beacon = catalog.Beacon{Source: catalog.BeaconTyped, From: "Lotto", Wait: 10 * time.Minute}
	})
	same := func(phase string) {
		t.Helper()
		sale := s.sales()[0]
		again := s.restarted(t)
		last, frozen, count := s.rooms.Head(sale.ID)
		last2, frozen2, count2 := again.Head(sale.ID)
		if count == 0 || count2 != count || last2 != last || (frozen == nil) != (frozen2 == nil) || frozen != nil && *frozen != *frozen2 {
			t.Errorf("%s: %d heads, the last %+v; after a restart %d, %+v", phase, count, last, count2, last2)
		}
		for _, file := range drawFiles {
			if a, b := wholeFile(t, s.rooms, sale, file), wholeFile(t, again, sale, file); !bytes.Equal(a, b) {
				t.Errorf("%s: %s is another one after a restart:\n%s\n%s", phase, file, a, b)
			}
		}
	}
	s.at(-time.Hour)
	s.comers(t, 0, 8)
	s.pass(15 * time.Second)
	same("joining")
	s.at(0)
	s.comers(t, 8, 4)
	s.pass(15 * time.Second)
	same("drawing")
	if r := s.bring(t, draw.Beacon{Source: draw.Typed, Text: "3 7 12"}); r != waitingroom.Granted {
		t.Fatal(r)
	}
	s.pass(15 * time.Second)
	same("calling")
	s.at(30 * 24 * time.Hour)
	same("over")
	dir, f := s.download(t)
	if report := proved(t, dir, f); report.Drawn != 8 || report.Late != 4 {
		t.Errorf("%+v", report)
	}
}

// restarted are the rooms as a server that starts now brings them back.
func (s *shop) restarted(t *testing.T) *onsale.Rooms {
	t.Helper()
	secret, err := s.store.Secret(store.MasterSecret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rooms := onsale.NewRooms(onsale.RoomOptions{Store: s.store, Sales: s.sales, Free: s.booking.Available.Public, Secret: secret, Rand: rand.Reader, Now: s.now})
	if err := rooms.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	return rooms
}

// wholeFile is a published file of the last head; empty if there is none yet.
func wholeFile(t *testing.T, rooms *onsale.Rooms, sale *store.StoredSale, file string) (out []byte) {
	t.Helper()
	p, err := rooms.Published(t.Context(), sale, 0)
	if err != nil {
		t.Fatal(err)
	}
	for from, more := 0, p.Has(file); more; more = from > 0 {
		var body []byte
		if body, from, err = p.Part(t.Context(), file, from); err != nil {
			t.Fatal(err)
		}
		out = append(out, body...)
	}
	return out
}
