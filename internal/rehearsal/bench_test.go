package rehearsal

import (
	"context"
	"os"
	"strconv"
	"testing"
)

// BenchmarkCrowd is what one request costs the crowd's own process: people arrive
// in one second, the shop is in another process. Read cpu-µs/request.
func BenchmarkCrowd(b *testing.B) {
	for b.Loop() {
		s := newShop(100, 40)
		public, _ := s.serve(b)
		people := 10_000
		if n, err := strconv.Atoi(os.Getenv("REHEARSAL_PEOPLE")); err == nil {
			people = n
		}
		c := quick(public.URL, people)
		c.Pace = 10
		c.Arrivals = Arrivals{Burst: min(people, 16_000), BurstMS: 3_000, RestMS: 60_000}
		c.Habits.Stay, c.ConnectionsMax = 0, ConnectionsMax
		p, err := Start(context.Background(), os.Args[0], c)
		if err != nil {
			b.Fatal(err)
		}
		r, err := p.Wait(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(r.Machine.CPUMicrosPerReq, "cpu-µs/request")
		b.ReportMetric(float64(r.Counts.Requests), "requests")
		b.ReportMetric(float64(r.Machine.LateP99), "late-p99-ms")
		b.Logf("%v %v %v conns %d, took %d ms, %.1f requests per booking", r.Outcomes, r.Refusals, r.Missing, r.Machine.ConnectionsMax, r.TookMS, r.Counts.RequestsPerBooking)
	}
}
