package draw

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"einlass/internal/fault"

	"golang.org/x/text/unicode/norm"
)

// Source is where a beacon is from.
type Source string

// The sources.
const (
	None  Source = "none"  // no beacon: the operator could have chosen
	Typed Source = "typed" // a value of a public draw, typed in by the operator
	Drand Source = "drand" // a round of quicknet, verified by its signature
)

// BeaconMargin lies between the opening and the drand round that is promised: the log
// must be frozen before anybody knows the value, also when the server's clock is some
// seconds off or its disk is slow. People wait that long for their number.
const BeaconMargin = 30 * time.Second

// BeaconWait is how long a draw should wait for a drand round after its time: anybody
// can bring it from any relay within minutes, and people stand at the door.
const BeaconWait = 5 * time.Minute

// Bounds on what people type, in bytes.
const (
	TypedMax = 200 // a beacon's value: a lottery draw has less than 60
	FromMax  = 300 // where it will be from: a sentence
)

// Rule is what is published of the beacon when the room opens.
type Rule struct {
	Source Source
	// From says in words which public draw will be typed in; with drand the chain's
	// name; empty without a beacon.
	From  string
	Round uint64 // with drand
	// Until is how long the draw waits for the beacon. Then it is drawn without, and
	// the published files say so. Zero without a beacon.
	Until time.Time
}

// NoBeacon is the rule of a draw without a beacon.
func NoBeacon() Rule { return Rule{Source: None} }

// TypedRule promises a value that the operator types in: from says which, in words that
// leave no choice afterwards. Invalid if from is empty, too long or not plain text.
func TypedRule(from string, until time.Time) (Rule, error) {
	from, err := plain(from, FromMax)
	return Rule{Source: Typed, From: from, Until: until}, err
}

// DrandRule promises the first round of quicknet that comes BeaconMargin after the
// opening or later; until is when it is given up, BeaconWait after the opening for one.
func DrandRule(opens, until time.Time) Rule {
	return Rule{Source: Drand, From: QuicknetChain, Round: RoundAt(opens.Add(BeaconMargin)), Until: until}
}

// Beacon is the public value that went into a draw. The zero Beacon is none.
type Beacon struct {
	Source    Source
	Text      string // with Typed
	Round     uint64 // with Drand
	Signature []byte // with Drand: of the round
}

// Bytes returns what goes into the key: the text, or the randomness of the round, which
// is SHA-256 of its signature; nothing without a beacon.
func (b Beacon) Bytes() []byte {
	switch b.Source {
	case Typed:
		return []byte(b.Text)
	case Drand:
		sum := sha256.Sum256(b.Signature)
		return sum[:]
	}
	return nil
}

// TypedBeacon returns what somebody typed in, in its one canonical form: no white space
// around it, one blank for each inside, Unicode normal form C. Invalid if nothing is
// left, it is longer than TypedMax bytes, or it has characters that cannot be seen.
func TypedBeacon(text string) (Beacon, error) {
	text, err := plain(text, TypedMax)
	return Beacon{Source: Typed, Text: text}, err
}

func plain(text string, bytesMax int) (string, error) {
	if !utf8.ValidString(text) {
		return "", fault.New(fault.Invalid, "not UTF-8")
	}
	text = norm.NFC.String(strings.Join(strings.Fields(text), " "))
	switch {
	case text == "":
		return "", fault.New(fault.Invalid, "nothing but white space")
	case len(text) > bytesMax:
		return "", fault.New(fault.Invalid, "%d bytes, more than %d", len(text), bytesMax)
	case strings.ContainsFunc(text, unseen):
		return "", fault.New(fault.Invalid, "a character that cannot be seen")
	}
	return text, nil
}

// unseen reports control and format characters (Unicode Cc and Cf): two values that
// look alike must be alike.
func unseen(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }

// DrandBeacon returns a round of quicknet after checking its signature. Invalid if it
// is not the round's.
func DrandBeacon(round uint64, signature []byte) (Beacon, error) {
	return Beacon{Source: Drand, Round: round, Signature: bytes.Clone(signature)}, VerifyRound(round, signature)
}

// drandAnswerMax bounds the answer of a drand relay, in bytes: a round has about 200.
const drandAnswerMax = 4 << 10

// ReadDrand reads a round as drand's relays answer it: a JSON object with round and
// signature. Who brings it need not be trusted. Invalid if it is not that, or not signed.
func ReadDrand(r io.Reader) (Beacon, error) {
	var answer struct {
		Round     uint64 `json:"round"`
		Signature string `json:"signature"`
	}
	if err := json.NewDecoder(io.LimitReader(r, drandAnswerMax)).Decode(&answer); err != nil {
		return Beacon{}, fault.New(fault.Invalid, "drand: not a round: %w", err)
	}
	var signature [drandSignatureBytes]byte
	if err := unhex(signature[:], answer.Signature); err != nil {
		return Beacon{}, fault.New(fault.Invalid, "drand: signature: %w", err)
	}
	return DrandBeacon(answer.Round, signature[:])
}

// Stored returns the beacon as a room keeps it: where it is from with all that proves
// it, and the bytes that go into the key.
func (b Beacon) Stored() (source string, value []byte) {
	if b.Source == Drand {
		return fmt.Sprintf("%s %d %x", Drand, b.Round, b.Signature), b.Bytes()
	}
	return string(b.Source), b.Bytes()
}

// StoredBeacon reads what Stored gave. An empty source is none. Internal if it is
// something else.
func StoredBeacon(source string, value []byte) (b Beacon, err error) {
	switch word, _, _ := strings.Cut(source, " "); Source(word) {
	case "", None:
		b.Source = None
	case Typed:
		b = Beacon{Source: Typed, Text: string(value)}
	case Drand:
		var text string
		b.Source = Drand
		if _, err := fmt.Sscanf(source, "drand %d %s", &b.Round, &text); err != nil {
			return Beacon{}, fault.New(fault.Internal, "stored beacon: %w", err)
		}
		if b.Signature, err = hex.DecodeString(text); err != nil {
			return Beacon{}, fault.New(fault.Internal, "stored beacon: %w", err)
		}
	}
	if b.Source == "" || !bytes.Equal(b.Bytes(), value) {
		return Beacon{}, fault.New(fault.Internal, "stored beacon: not one of ours")
	}
	return b, nil
}
