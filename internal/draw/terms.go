package draw

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// Purposes of what is hashed or signed, so that one can never be taken for another.
const (
	termsPurpose = "einlass terms v1"
	headPurpose  = "einlass head v1"
)

// timeForm is how every time is published: UTC, microseconds, always the same length.
// Signatures cover the text.
const timeForm = "2006-01-02T15:04:05.000000Z"

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeForm)
}

// Terms are what was promised for a draw from a moment on. Postponing the opening makes
// new terms; the earlier ones stay published.
type Terms struct {
	Since time.Time // from when they hold
	Opens time.Time // the opening they promise
	Rule  Rule
}

// fields joins fields, each preceded by its length as four bytes, big-endian: no two
// different lists give the same bytes.
func fields(list ...[]byte) (out []byte) {
	for _, f := range list {
		out = binary.BigEndian.AppendUint32(out, uint32(len(f))) //nolint:gosec // FromMax and the like
		out = append(out, f...)
	}
	return out
}

// TermsHash is what signed heads say of the terms at index i: a hash over the sale, the
// version of its rules, the commitment and the terms. Who keeps one head can show later
// that any of them was changed.
func (n *Notice) TermsHash(i int) [HashBytes]byte {
	t := &n.Terms[i]
	return sha256.Sum256(fields([]byte(termsPurpose), []byte(n.Sale), strconv.AppendInt(nil, int64(n.Rules), 10), n.Commitment[:],
		[]byte(timeText(t.Since)), []byte(timeText(t.Opens)), []byte(t.Rule.Source), []byte(t.Rule.From),
		strconv.AppendUint(nil, t.Rule.Round, 10), []byte(timeText(t.Rule.Until))))
}

// Head is a signed statement: at that moment the log of a sale had n entries with that
// hash, under those terms.
type Head struct {
	N         uint32
	Hash      [HashBytes]byte
	At        time.Time // microseconds count
	Terms     [HashBytes]byte
	Signature [ed25519.SignatureSize]byte
}

// message is what is signed of h (RFC 8032, Ed25519).
func (h *Head) message(sale string) []byte {
	return fields([]byte(headPurpose), []byte(sale), h.Terms[:], strconv.AppendUint(nil, uint64(h.N), 10), h.Hash[:], []byte(timeText(h.At)))
}

// Signed reports whether the head was signed for a sale by who has the secret part of
// public.
func (h *Head) Signed(public [ed25519.PublicKeySize]byte, sale string) bool {
	return ed25519.Verify(public[:], h.message(sale), h.Signature[:])
}

// Signer signs the heads of one room.
type Signer struct {
	key    ed25519.PrivateKey
	notice Notice
}

// NewSigner returns the signer of a room. key is the one whose public part n publishes;
// n has at least one set of terms, of which the last hold.
func NewSigner(key ed25519.PrivateKey, n Notice) Signer { return Signer{key, n} }

// Head signs the head of a log: its length, its hash, and the time of the last change it
// covers, so that a head never seems to be from before or after the freeze when it is
// not. One of the log as it was frozen, and a last one of the whole log, belong to the
// published files.
func (s Signer) Head(n uint32, sum [HashBytes]byte, at time.Time) Head {
	h := Head{N: n, Hash: sum, At: at.UTC().Truncate(time.Microsecond), Terms: s.notice.TermsHash(len(s.notice.Terms) - 1)}
	copy(h.Signature[:], ed25519.Sign(s.key, h.message(s.notice.Sale)))
	return h
}
