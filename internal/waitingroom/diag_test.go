package waitingroom

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func TestDiag(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := drawHabits(r)
		w := newWorld(h, seed)
		type at struct {
			s   int
			cut float64
			sd  float64
			txt string
		}
		var ats []at
		w.eachTick = func(w *simWorld) {
			if w.first.IsZero() {
				return
			}
			s := int(w.now.Sub(w.first) / time.Second)
			if w.now.Sub(w.first)%time.Second != 0 {
				return
			}
			switch s {
			case 60, 120, 180, 240, 300, 400, 600, 800, 1200, 1800:
				in := Input{Free: w.free, Carts: w.carts}
				for _, who := range w.late {
					in.Late += w.people[who].size
				}
				o := w.c.Outlook(in)
				u := o.left / o.each
				keep := believeKeep.and(w.c.keeping.believed())
				ag := w.c.again(in)
				ats = append(ats, at{s, float64(w.c.Called()) + u/w.c.meanSize(), o.margin(0, 0), fmt.Sprintf("c%.2f±%.2f k%.2f±%.2f a%.2f±%.2f u%.0f left%.0f free%d carts%d m%.1f take %.2f±%.2f late%d kept%.0f", w.c.coming.believed().mean, w.c.coming.believed().sway, keep.mean, keep.sway, ag.mean, ag.sway, u, o.left, w.free, w.carts, o.margin(int(u*1.0)+w.carts/4, 0), believeTake.and(w.c.choosing.believed()).mean, believeTake.and(w.c.choosing.believed()).sway, in.Late, w.c.keeping.expect(1).mean)})
			}
		}
		w.run()
		v := w.judge()
		if v.noWrong*50 < v.no || v.no == 0 {
			continue
		}
		cut := float64(w.c.Called())
		fmt.Printf("%+v crowd %d ", v, w.crowd)
		fmt.Printf("%d show %.2f keep %.2f again %.2f want %.2f rate %.0f places %d cut %.0f\n", seed, h.show, h.keep, h.again, h.want, h.rate, h.places, cut)
		for _, a := range ats {
			fmt.Printf("   %4d bias %+.3f  %s\n", a.s, a.cut/cut-1, a.txt)
		}
	}
}
