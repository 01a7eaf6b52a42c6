package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"sync"
	"testing"
)

// The size of the test of chance: enough draws for a bias of one in a hundred of a
// place's share to stand out by five standard deviations.
const (
	chanceDraws   = 1_000_000
	chanceEntries = 20
	chanceWorkers = 4
	// chanceP is the least probability that is believed, at both ends: a table that is
	// too even is as suspicious as one that is not even enough.
	chanceP = 1e-6
)

// chances counts over many draws.
type chances struct {
	draws int
	place [chanceEntries][chanceEntries]int // entry × rank
	pair  [chanceEntries][chanceEntries]int // rank of the first × rank of the second entry
}

// countChances draws the same log with n seeds that follow from a fixed text.
func countChances(from, n int) *chances {
	c := &chances{draws: n}
	log := aliasesOf("chance", chanceEntries)
	sum := HashOf(log)
	for i := range n {
		seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("einlass chance"), uint64(from+i)))
		ranks := Ranks(KeyOf(seed, sum, nil), log)
		for no, rank := range ranks {
			c.place[no][rank]++
		}
		c.pair[ranks[0]][ranks[1]]++
	}
	return c
}

func (c *chances) add(o *chances) {
	c.draws += o.draws
	for i := range c.place {
		for j := range c.place[i] {
			c.place[i][j] += o.place[i][j]
			c.pair[i][j] += o.pair[i][j]
		}
	}
}

// placeSquare is the sum of squares over the table entry × rank. Rows and columns add up
// to the number of draws, so the counts of one draw have the covariance of a random
// permutation matrix, 1/(k−1) of the projection that takes means out of rows and columns:
// (k−1)/k times the usual sum has a chi-square distribution with (k−1)² degrees of
// freedom.
func (c *chances) placeSquare() (x2 float64, degrees int) {
	want := float64(c.draws) / chanceEntries
	for i := range c.place {
		for _, got := range c.place[i] {
			x2 += (float64(got) - want) * (float64(got) - want) / want
		}
	}
	return x2 * (chanceEntries - 1) / chanceEntries, (chanceEntries - 1) * (chanceEntries - 1)
}

// pairSquare is Pearson's sum over the ranks of two entries, which cannot be the same:
// k(k−1) cells, all alike.
func (c *chances) pairSquare() (x2 float64, degrees int) {
	const cells = chanceEntries * (chanceEntries - 1)
	want := float64(c.draws) / cells
	for i := range c.pair {
		for j, got := range c.pair[i] {
			if i != j {
				x2 += (float64(got) - want) * (float64(got) - want) / want
			}
		}
	}
	return x2, cells - 1
}

// beyond is the probability that a chi-square value with that many degrees of freedom is
// at least x2: the regularised upper incomplete gamma function Q(degrees/2, x2/2), by its
// series below a+1 and its continued fraction above (DLMF 8.11.4 and 8.9.2; Press et al.,
// Numerical Recipes, 6.2).
func beyond(x2 float64, degrees int) float64 {
	a, x := float64(degrees)/2, x2/2
	if x <= 0 {
		return 1
	}
	lg, _ := math.Lgamma(a)
	factor := math.Exp(a*math.Log(x) - x - lg)
	if x < a+1 {
		sum, term := 1/a, 1/a
		for n := 1; n < 10_000 && term > sum*1e-16; n++ {
			term *= x / (a + float64(n))
			sum += term
		}
		return 1 - factor*sum
	}
	b, c, d := x+1-a, math.Inf(1), 1/(x+1-a)
	h := d
	for n := 1; n < 10_000; n++ {
		an := float64(n) * (a - float64(n))
		b += 2
		d = 1 / (an*d + b)
		c = b + an/c
		h *= d * c
		if math.Abs(d*c-1) < 1e-15 {
			break
		}
	}
	return factor * h
}

// The quantiles are those of the tables (NIST/SEMATECH e-Handbook, 1.3.6.7.4); with two
// degrees of freedom the probability is exp(−x/2) exactly.
func TestProbabilityOfChiSquare(t *testing.T) {
	for _, c := range []struct {
		x2      float64
		degrees int
		want    float64
	}{
		{3.841, 1, 0.05}, {18.307, 10, 0.05}, {23.209, 10, 0.01}, {124.342, 100, 0.05}, {149.449, 100, 0.001},
		{77.929, 100, 0.95}, {2, 2, math.Exp(-1)}, {60, 2, math.Exp(-30)}, {0.001, 2, math.Exp(-0.0005)},
	} {
		if got := beyond(c.x2, c.degrees); math.Abs(got/c.want-1) > 1e-3 {
			t.Errorf("beyond %g with %d degrees: %g, want %g", c.x2, c.degrees, got, c.want)
		}
	}
}

// Every entry gets every rank equally often, and two entries every two ranks. The seeds
// are fixed: the figures are the same in every run.
func TestEveryOrderIsAsLikely(t *testing.T) {
	total, parts := &chances{}, make([]*chances, chanceWorkers)
	var wg sync.WaitGroup
	for w := range parts {
		wg.Go(func() { parts[w] = countChances(w*chanceDraws/chanceWorkers, chanceDraws/chanceWorkers) })
	}
	wg.Wait()
	for _, p := range parts {
		total.add(p)
	}
	if total.draws != chanceDraws {
		t.Fatalf("%d draws", total.draws)
	}
	for what, square := range map[string]func() (float64, int){"entry × rank": total.placeSquare, "two entries": total.pairSquare} {
		x2, degrees := square()
		p := beyond(x2, degrees)
		t.Logf("%s: chi-square %.1f with %d degrees of freedom, p = %.3f", what, x2, degrees, p)
		if p < chanceP || p > 1-chanceP {
			t.Errorf("%s: chi-square %.1f with %d degrees of freedom, p = %g", what, x2, degrees, p)
		}
	}
}
