package waitingroom

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"einlass/internal/ident"
)

// network is the n-th of many.
func network(n int) ident.Digest {
	return ident.DigestOf(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// drawing lets a crowd draw numbers in a random order: of each network as many as it
// says. It returns how many of each got one.
func drawing(s *Shares, seed uint64, wants map[int]int) map[int]int {
	var order []int
	for n, people := range wants {
		for range people {
			order = append(order, n)
		}
	}
	rnd := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
	rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	got := map[int]int{}
	for _, n := range order {
		if s.Take(network(n)) {
			s.Keep(network(n))
			got[n]++
		}
	}
	return got
}

const carrier, farm = 1_000_001, 1_000_002

// households are so many people from small networks: 1 to 60 each.
func households(people int) map[int]int {
	out := map[int]int{}
	for n := 0; people > 0; n++ {
		k := min(people, 1+n%60)
		out[n] = k
		people -= k
	}
	return out
}

// TestOneNetworkIsNotTheCrowd: ten thousand people behind one address of a mobile network
// get in among 66,000, and everybody at home does; a farm of 20,000 browsers in one
// network does not, whenever it comes.
func TestOneNetworkIsNotTheCrowd(t *testing.T) {
	for seed := range uint64(5) {
		s := NewShares(0)
		crowd := households(56_000)
		networks := len(crowd)
		crowd[carrier], crowd[farm] = 10_000, 20_000
		got := drawing(s, seed, crowd)
		honest := 0
		for n, want := range crowd {
			if n != farm {
				honest += got[n]
			}
			if n != farm && got[n] != want {
				t.Errorf("seed %d: of %d people of network %d %d got a number", seed, want, n, got[n])
			}
		}
		if most := 2 * NetworkFree / crowdShare; got[farm] > 56_000/crowdShare+most {
			t.Errorf("seed %d: a farm drew %d of 20,000 numbers", seed, got[farm])
		}
		t.Logf("seed %d: of 20,000 browsers of a farm %d drew a number", seed, got[farm])
		all, largest := s.Counted()
		percent, ok := LargestShare(all, largest)
		if !ok || all != honest+got[farm] || largest != max(got[farm], got[carrier]) || percent < 14 || percent > 17 {
			t.Errorf("seed %d: the largest has %d of %d (%d %%)", seed, largest, all, percent)
		}
		if honest != 66_000 || networks < 1_000 {
			t.Fatalf("void: %d honest people of %d networks", honest, networks)
		}
	}
}

// TestAFarmThatComesFirstWaitsForTheCrowd: the evening before, when nobody is there.
func TestAFarmThatComesFirstWaitsForTheCrowd(t *testing.T) {
	s := NewShares(0)
	if got := drawing(s, 1, map[int]int{farm: 20_000}); got[farm] != NetworkFree {
		t.Errorf("alone it drew %d", got[farm])
	}
	got := drawing(s, 2, map[int]int{carrier: NetworkFree})
	if got[carrier] != NetworkFree {
		t.Errorf("a school drew %d", got[carrier])
	}
}

// TestFarmsDoNotLiftEachOther: what one draws beyond its free numbers is no crowd for the
// others.
func TestFarmsDoNotLiftEachOther(t *testing.T) {
	s := NewShares(0)
	farms := map[int]int{}
	for n := range 20 {
		farms[farm+n] = 20_000
	}
	total := 0
	for round := range uint64(3) {
		for _, n := range drawing(s, round, farms) {
			total += n
		}
	}
	if most := len(farms) * len(farms) * NetworkFree / crowdShare; total > most || total < len(farms)*NetworkFree {
		t.Errorf("twenty farms drew %d numbers, want at most %d", total, most)
	}
}

// TestWhatWasNotDrawnIsGivenBack: counts come out the same whatever happens between.
func TestWhatWasNotDrawnIsGivenBack(t *testing.T) {
	s := NewShares(10)
	for range 1_000 {
		if !s.Take(network(1)) {
			t.Fatal("refused although all was given back")
		}
		s.GiveBack(network(1))
	}
	if s.crowd != 0 || s.of(network(1)) != 0 {
		t.Errorf("crowd %d, network %d", s.crowd, s.of(network(1)))
	}
	if _, ok := LargestShare(99, 99); ok {
		t.Error("a share of fewer than a hundred is told")
	}
	for _, c := range []struct{ all, largest, percent int }{{100, 1, 5}, {100, 4, 5}, {100, 100, 100}, {1_000, 21, 3}, {66_000, 10_000, 16}} {
		if got, ok := LargestShare(c.all, c.largest); !ok || got != c.percent {
			t.Errorf("%d of %d are %d %%, want %d", c.largest, c.all, got, c.percent)
		}
	}
}

func BenchmarkShares(b *testing.B) {
	s := NewShares(0)
	for i := range b.N {
		if n := network(i % 50_000); s.Take(n) {
			s.Keep(n)
		}
	}
}
