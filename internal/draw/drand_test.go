package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/bls"
)

// realRounds are rounds of quicknet as its relays answer them; they stand in the test
// vectors of several independent programs.
var realRounds = []struct {
	round      uint64
	signature  string
	randomness string // as published; empty where only the signature is
}{
	{1000, "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39", "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"},
	{1001, "b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41", ""},
	{1002, "ab066f9c12dd6de1336fca0f925192fb0c72a771c3e4c82ede1fd362c1a770f9eb05843c6308ce2530b53a99c0281a6e", ""},
	{657413, "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b", "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"},
}

func bytesOf(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRealRoundsOfQuicknet(t *testing.T) {
	for i, r := range realRounds {
		b, err := DrandBeacon(r.round, bytesOf(t, r.signature))
		if err != nil {
			t.Errorf("round %d: %v", r.round, err)
		}
		if got := hex.EncodeToString(b.Bytes()); r.randomness != "" && got != r.randomness {
			t.Errorf("round %d: randomness %s, want %s", r.round, got, r.randomness)
		}
		other := realRounds[(i+1)%len(realRounds)]
		if VerifyRound(other.round, b.Signature) == nil {
			t.Errorf("the signature of round %d is taken for round %d", r.round, other.round)
		}
	}
	answer := fmt.Sprintf(`{"round":1000,"randomness":%q,"signature":%q}`, realRounds[0].randomness, realRounds[0].signature)
	if b, err := ReadDrand(strings.NewReader(answer)); err != nil || b.Round != 1000 {
		t.Errorf("a relay's answer: %+v %v", b, err)
	}
	for _, bad := range []string{"", "null", `{"round":1001,` + answer[14:], strings.Replace(answer, "b44", "a44", 1), answer[:100]} {
		if _, err := ReadDrand(strings.NewReader(bad)); err == nil {
			t.Errorf("taken for a round: %s", bad)
		}
	}
}

// No flipped bit of a real signature and no other length is taken; neither is the point
// at infinity, which some libraries take for everything.
func TestOnlyTheRealSignatureIsTaken(t *testing.T) {
	good := bytesOf(t, realRounds[0].signature)
	tried := 0
	for bit := range 8 * len(good) {
		bad := append([]byte(nil), good...)
		bad[bit/8] ^= 1 << (bit % 8)
		if VerifyRound(1000, bad) == nil {
			t.Errorf("taken with bit %d flipped", bit)
		}
		tried++
	}
	infinity := make([]byte, drandSignatureBytes)
	infinity[0] = 0xc0
	for _, bad := range [][]byte{nil, {}, good[:47], append(good[:48:48], 0), infinity, make([]byte, 48)} {
		if VerifyRound(1000, bad) == nil {
			t.Errorf("taken: %x", bad)
		}
		tried++
	}
	if tried < 390 {
		t.Errorf("only %d tried", tried)
	}
}

// The same with a key pair of our own: what is verified is the key that is asked for.
func TestRoundOfAnotherChain(t *testing.T) {
	private, err := bls.KeyGen[bls.KeyG2SigG1](make([]byte, 32), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := private.PublicKey().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	signature := bls.Sign(private, roundMessage(77))
	if err := verifyRound([drandKeyBytes]byte(raw), 77, signature); err != nil {
		t.Error(err)
	}
	if verifyRound([drandKeyBytes]byte(raw), 78, signature) == nil || VerifyRound(77, signature) == nil {
		t.Error("taken for another round or another chain")
	}
}

// The chain's name is the hash of what it consists of (drand, chain.Info.Hash): period,
// genesis, key, hash of the first group, name.
func TestQuicknetIsWhatItsNameSays(t *testing.T) {
	const firstGroup = "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e"
	text := binary.BigEndian.AppendUint32(nil, quicknetPeriod)
	text = binary.BigEndian.AppendUint64(text, quicknetGenesis)
	text = append(text, bytesOf(t, quicknetKey)...)
	text = append(text, bytesOf(t, firstGroup)...)
	sum := sha256.Sum256(append(text, "quicknet"...))
	if got := hex.EncodeToString(sum[:]); got != QuicknetChain {
		t.Errorf("%s, want %s", got, QuicknetChain)
	}
}

func TestFirstRoundAtOrAfter(t *testing.T) {
	genesis := time.Unix(quicknetGenesis, 0)
	for after, want := range map[time.Duration]uint64{
		-time.Hour: 1, 0: 1, 1: 2, 3 * time.Second: 2, 3*time.Second + 1: 3, 2997 * time.Second: 1000, 2994*time.Second + 1: 1000,
	} {
		if got := RoundAt(genesis.Add(after)); got != want {
			t.Errorf("%s after the first round: round %d, want %d", after, got, want)
		}
	}
	if got := RoundTime(1000).Unix(); got != 1692806364 { // as published with the round
		t.Errorf("round 1000 at %d", got)
	}
	opens := time.Date(2026, 4, 3, 8, 0, 0, 0, time.UTC)
	r := DrandRule(opens, opens.Add(time.Hour))
	if at := RoundTime(r.Round); at.Before(opens.Add(BeaconMargin)) || at.After(opens.Add(BeaconMargin+quicknetPeriod*time.Second)) {
		t.Errorf("the promised round comes at %s, the opening is at %s", at, opens)
	}
}

func TestTypedValuesHaveOneForm(t *testing.T) {
	for text, want := range map[string]string{
		"3 7 12 25 33 41":                "3 7 12 25 33 41",
		"  3\t7 \u00a012\r\n25  33 41\n": "3 7 12 25 33 41",
		"Mu\u0308nchen":                  "M\u00fcnchen",
		"\u212b":                         "\u00c5",
	} {
		b, err := TypedBeacon(text)
		if err != nil || b.Text != want || string(b.Bytes()) != want {
			t.Errorf("%q: %q %v, want %q", text, b.Text, err, want)
		}
		if again, err := TypedBeacon(b.Text); err != nil || again.Text != b.Text {
			t.Errorf("%q is not its own form: %q %v", b.Text, again.Text, err)
		}
	}
	for _, bad := range []string{"", " \n", "a\x00b", "1\u200b2", "\ufeff1", "\xff", strings.Repeat("x", TypedMax+1)} {
		if b, err := TypedBeacon(bad); err == nil {
			t.Errorf("%q taken as %q", bad, b.Text)
		}
	}
}

func TestBeaconsSurviveTheStore(t *testing.T) {
	drand, err := DrandBeacon(1000, bytesOf(t, realRounds[0].signature))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []Beacon{{Source: None}, {Source: Typed, Text: "3 7 12"}, drand} {
		source, value := b.Stored()
		again, err := StoredBeacon(source, value)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(b) {
			t.Errorf("%+v came back as %+v %v", b, again, err)
		}
		if _, err := StoredBeacon(source, append(value, 'x')); err == nil && b.Source != Typed {
			t.Errorf("%s with another value is taken", source)
		}
	}
	if b, err := StoredBeacon("", nil); err != nil || b.Source != None {
		t.Errorf("nothing stored: %+v %v", b, err)
	}
	for _, bad := range []string{"dice", "drand", "drand x y", "drand 1000 zz"} {
		if _, err := StoredBeacon(bad, nil); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
