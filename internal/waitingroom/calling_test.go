package waitingroom

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestSimTry(t *testing.T) {
	start := time.Now()
	var miss, strict, idles []float64
	var sumI, sumT float64
	var ver verdict
	var opens2, opens, wrongs, yeses []float64
	var allOpen, allWait float64
	var ranged, inRange, early, tooLate, wayLate, rated, ratedIn int
	var sumM, sumS, sumW int
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := drawHabits(r)
		w := newWorld(h, seed)
		w.run()
		idle := 0.0
		if w.idleTicks > 0 {
			idle = w.idle / w.idleTicks
		}
		gone := time.Duration(0)
		if !w.goneAt.IsZero() {
			gone = w.goneAt.Sub(w.first)
		}
		v := w.judge()
		ver.yes += v.yes
		ver.yesWrong += v.yesWrong
		ver.no += v.no
		ver.noWrong += v.noWrong
		ver.yesNear += v.yesNear
		ver.yesNearWrong += v.yesNearWrong
		ver.noNear += v.noNear
		ver.noNearWrong += v.noNearWrong
		ranged += w.ranged
		inRange += w.inRange
		early += w.early
		tooLate += w.tooLate
		wayLate += w.wayLate
		rated += w.rated
		ratedIn += w.ratedIn
		opens2 = append(opens2, w.ratios...)
		if w.waiting > 0 && w.booked == w.places {
			opens = append(opens, w.open/w.waiting)
			allOpen += w.open
			allWait += w.waiting
		}
		if v.no > 0 {
			wrongs = append(wrongs, float64(v.noWrong)/float64(v.no))
		}
		if v.yes > 0 {
			yeses = append(yeses, float64(v.yesWrong)/float64(v.yes))
		}
		if false {
			fmt.Printf("%d FORECAST %+v cut %d open %.2f; %+v\n", seed, v, w.c.Called(), w.open/w.waiting, h)
		}
		m, st := float64(w.missed)/float64(w.wanted), float64(w.strict)/float64(w.wanted)
		miss = append(miss, m)
		strict = append(strict, st)
		if !w.goneAt.IsZero() && w.idleTicks > 0 {
			idles = append(idles, idle)
		}
		sumI += w.idle
		sumT += w.idleTicks
		sumM += w.missed
		sumS += w.strict
		sumW += w.wanted
		if true || m < .01 && st < .01 && idle < .02 {
			continue
		}
		fmt.Printf("%2d show %.2f prompt %.2f q%.0f s%.0f want %.2f keep %.2f pty %v places %d crowd %d rate %.0f | missed %.3f strict %.3f idle %.3f (%v) gone %v end %v booked %d called %d est %.2f late %d\n", seed, h.show, h.prompt, h.quick, h.slow, h.want, h.keep, h.parties, h.places, h.crowd, h.rate,
			float64(w.missed)/float64(w.wanted), float64(w.strict)/float64(w.wanted), idle, w.idleTicks, gone, w.now.Sub(simOpening), w.booked, w.c.Called(), w.c.coming.fresh(), w.lateUnits)
	}
	fmt.Println(time.Since(start))
	for _, v := range [][]float64{miss, strict, idles, opens, wrongs, yeses, opens2} {
		slices.Sort(v)
		fmt.Println(len(v), "p50", v[len(v)/2], "p90", v[len(v)*9/10], "p95", v[len(v)*95/100], "max", v[len(v)-1])
	}
	fmt.Printf("%+v %d in %v open %.3f\n", ver, ranged, []int{inRange, early, tooLate, wayLate, rated, ratedIn}, allOpen/allWait)
	fmt.Println("pooled: missed", float64(sumM)/float64(sumW), "strict", float64(sumS)/float64(sumW), "idle", sumI/sumT, sumT)
}
