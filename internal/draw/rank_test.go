package draw

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"
)

// aliasesOf returns n aliases that follow from a name.
func aliasesOf(name string, n int) []Alias {
	out := make([]Alias, n)
	for i := range out {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(name), uint64(i)))
		copy(out[i][:], sum[:])
	}
	return out
}

// What people were given once stays: these values were computed by hand with another
// program (Python's hashlib and hmac) and never change.
func TestOrderIsTheSameForEver(t *testing.T) {
	var seed Seed
	for i := range seed {
		seed[i] = byte(i)
	}
	log := make([]Alias, 6)
	for i := range log {
		for j := range log[i] {
			log[i][j] = byte(16*i + j)
		}
	}
	key := KeyOf(seed, HashOf(log), []byte("3 7 12 25 33 41"))
	for what, pair := range map[string][2][HashBytes]byte{
		"commitment": {seed.Commitment(), digest(t, wantCommitment)},
		"log":        {HashOf(log), digest(t, wantLog)},
		"key":        {key, digest(t, wantKey)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %x, want %x", what, pair[0], pair[1])
		}
	}
	if got := Ranks(key, log); !slices.Equal(got, wantRanks) {
		t.Errorf("ranks %v, want %v", got, wantRanks)
	}
}

func digest(t *testing.T, text string) (sum [HashBytes]byte) {
	t.Helper()
	if err := unhex(sum[:], text); err != nil {
		t.Fatal(err)
	}
	return sum
}

// Ranks does what the definition says, done the simple way.
func TestRanksFollowTheDefinition(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 1000} {
		key, log := sha256.Sum256([]byte{byte(n)}), aliasesOf("peer", n)
		if n == 1000 {
			log[500], log[900] = log[3], log[3] // the same alias: in the order of the log
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return bytes.Compare(simpleMAC(key, log[a]), simpleMAC(key, log[b])) })
		want := make([]uint32, n)
		for rank, no := range order {
			want[no] = uint32(rank)
		}
		if got := Ranks(key, log); !slices.Equal(got, want) {
			t.Errorf("%d entries: another order than the definition gives", n)
		}
	}
}

func simpleMAC(key [HashBytes]byte, a Alias) []byte {
	m := hmac.New(sha256.New, key[:])
	m.Write(a[:])
	return m.Sum(nil)
}

// Entries whose MACs begin alike are told apart by the rest, and equal ones by their
// place: a case that real MACs do not reach in a lifetime.
func TestRanksTellLongPrefixesApart(t *testing.T) {
	macs := [][HashBytes]byte{{8: 2}, {31: 9}, {8: 1}, {31: 9}, {0: 1}, {}, {8: 1, 31: 1}}
	got := ranksBy(len(macs), func(no uint32) [HashBytes]byte { return macs[no] })
	if want := []uint32{5, 1, 3, 2, 6, 0, 4}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The head of a growing log is at every moment the hash of what it has.
func TestLogGivesItsHeadAtAnyMoment(t *testing.T) {
	all, l := aliasesOf("log", 300), NewLog()
	for i := 0; i <= len(all); i++ {
		n, sum := l.Head()
		if int(n) != i || sum != HashOf(all[:i]) {
			t.Fatalf("after %d entries the head says %d", i, n)
		}
		if i < len(all) {
			l.Append(all[i])
		}
	}
}

// A million entries are to be drawn within two seconds on one core.
func BenchmarkRanks(b *testing.B) {
	log, key := aliasesOf("bench", 1_000_000), sha256.Sum256(nil)
	b.ReportAllocs()
	for b.Loop() {
		if Ranks(key, log)[0] == 1_000_000 {
			b.Fatal("a rank beyond the last")
		}
	}
}

func BenchmarkHashOf(b *testing.B) {
	log := aliasesOf("bench", 1_000_000)
	for b.Loop() {
		HashOf(log)
	}
}

const (
	wantCommitment = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
	wantLog        = "b4a0f72d31e0f2d9ea8315b955920f5c11cc4ae23922fc6f8882f195446f5dbd"
	wantKey        = "3cf2d143cc0b6df8580bac880302a3257153d8d1886988a350e8f8db7f0ac7ca"
)

var wantRanks = []uint32{1, 3, 4, 0, 2, 5}
