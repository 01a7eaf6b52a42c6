package waitingroom

import (
	"crypto/rand"
	"math/big"
	"strings"
	"testing"

	"einlass/internal/fault"
	"einlass/internal/ident"
)

func TestTransferCodeIsReadBackAndNothingElse(t *testing.T) {
	s, err := ident.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for no, symbols := range map[uint32]int{0: 12, 41: 12, 23_107: 12, 23_108: 15, 66_000: 15, 10_000_000: 15} {
		want := Token{Sale: 7, No: no}
		code := want.TransferCode(s)
		if got := len(strings.ReplaceAll(code, "-", "")); got != symbols {
			t.Errorf("place %d has the code %s of %d symbols, want %d", no, code, got, symbols)
		}
		for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", " ")} {
			if got, err := ReadTransferCode(s, typed, 7); err != nil || got != want {
				t.Errorf("%q read as %+v: %v", typed, got, err)
			}
		}
	}
	if code := (Token{Sale: 7, No: 1<<32 - 1}).TransferCode(s); code != "" {
		t.Errorf("a place beyond all has the code %s", code)
	}
	want := Token{Sale: 7, No: 41}
	code := want.TransferCode(s)
	refuse := map[string]struct {
		do   func() error
		kind fault.Kind
	}{
		"another sale's": {func() error { _, err := ReadTransferCode(s, code, 8); return err }, fault.Forbidden},
		"other secret":   {func() error { _, err := ReadTransferCode(ident.Secret{}, code, 7); return err }, fault.Forbidden},
		"truncated":      {func() error { _, err := ReadTransferCode(s, code[:len(code)-4], 7); return err }, fault.Invalid},
		"empty":          {func() error { _, err := ReadTransferCode(s, "", 7); return err }, fault.Invalid},
		"a token":        {func() error { _, err := ReadTransferCode(s, want.String(s), 7); return err }, fault.Invalid},
		"as a token":     {func() error { _, err := ReadToken(s, code, 7); return err }, fault.Forbidden},
		"a booking code": {func() error { _, err := ReadTransferCode(s, "K7M-4QX-9D2", 7); return err }, fault.Invalid},
	}
	for name, r := range refuse {
		if err := r.do(); err == nil || fault.KindOf(err) != r.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTransferCodesCannotBeMadeUp: whoever knows how a code is written, and keeps the
// check symbol right, still has to guess the proof.
func TestTransferCodesCannotBeMadeUp(t *testing.T) {
	s, err := ident.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want := Token{Sale: 7, No: 41}
	proof := new(big.Int).SetBytes(want.transferProof(s))
	tried := 0
	try := func(proof *big.Int, no int64, groups int) {
		v := new(big.Int).Mul(proof, transferPlaces(groups))
		if v.Add(v, big.NewInt(no)).Cmp(ident.LongCodeRoom(groups)) >= 0 {
			return
		}
		tried++
		if got, err := ReadTransferCode(s, ident.LongCode(v, groups), 7); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("proof %x for place %d in %d groups read as %+v: %v", proof, no, groups, got, err)
		}
	}
	for bit := range 8 * transferMAC { // one bit of the proof wrong
		try(new(big.Int).SetBit(proof, bit, proof.Bit(bit)^1), 41, transferGroups)
	}
	for no := range int64(1000) { // the proof of another place
		if no != 41 {
			try(proof, no, transferGroups)
		}
	}
	try(proof, 41, transferGroupsMax)                                          // a longer code for the same place
	try(new(big.Int).SetBit(proof, 8*transferMAC, 1), 41, transferGroupsMax)   // a proof too long
	try(new(big.Int).Lsh(big.NewInt(1), 8*transferMAC), 41, transferGroupsMax) // and that alone
	if tried < 1_030 {
		t.Errorf("only %d made-up codes", tried)
	}
}

func TestTransferCodesDiffer(t *testing.T) {
	s, err := ident.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]uint32{}
	for no := range uint32(30_000) {
		code := Token{Sale: 7, No: no}.TransferCode(s)
		if other, twice := seen[code]; twice {
			t.Fatalf("places %d and %d have the code %s", other, no, code)
		}
		seen[code] = no
	}
}

func FuzzReadTransferCode(f *testing.F) {
	s, err := ident.NewSecret(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(Token{Sale: 7, No: 41}.TransferCode(s))
	f.Add(Token{Sale: 7, No: 66_000}.TransferCode(s))
	f.Add("K7M-4QX-9D2")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ReadTransferCode(s, in, 7)
		if err != nil {
			return
		}
		plain := func(s string) string {
			return strings.NewReplacer("-", "", " ", "", "\t", "", "\u00a0", "", "–", "", ".", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
		}
		if code := got.TransferCode(s); plain(code) != plain(in) {
			t.Fatalf("%q read as %+v, whose code is %q", in, got, code)
		}
	})
}

func BenchmarkTransferCode(b *testing.B) {
	var s ident.Secret
	for b.Loop() {
		_ = Token{Sale: 7, No: 66_000}.TransferCode(s)
	}
}
