package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"einlass/internal/fault"

	"github.com/cloudflare/circl/sign/bls"
)

// The chain "quicknet" of drand, run by the League of Entropy: one random value every
// three seconds, signed together by its members, so that none of them knows it before.
// The four values never change; the chain's name is the hash of the other three and of
// how the chain began (drand specification, "chain information").
const (
	QuicknetChain   = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	quicknetKey     = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
	quicknetGenesis = 1692803367 // unix seconds, of round 1
	quicknetPeriod  = 3          // seconds
)

// Sizes and bounds of a round.
const (
	drandSignatureBytes = 48      // a compressed point of G1
	drandKeyBytes       = 96      // a compressed point of G2
	roundMax            = 1 << 40 // the year 106000; keeps times of rounds within int64
)

// RoundAt returns the first round of quicknet that comes at t or after.
func RoundAt(t time.Time) uint64 {
	since := t.Sub(time.Unix(quicknetGenesis, 0))
	if since <= 0 {
		return 1
	}
	const period = quicknetPeriod * time.Second
	return uint64((since+period-1)/period) + 1 //nolint:gosec // more than 0
}

// RoundTime returns when a round of quicknet comes, from 1.
func RoundTime(round uint64) time.Time {
	return time.Unix(quicknetGenesis+(int64(round)-1)*quicknetPeriod, 0).UTC() //nolint:gosec // at most roundMax
}

// VerifyRound checks the signature of a round against the constants above, without any
// network. Invalid if it is not that round's.
func VerifyRound(round uint64, signature []byte) error {
	var key [drandKeyBytes]byte
	if _, err := hex.Decode(key[:], []byte(quicknetKey)); err != nil {
		return fault.New(fault.Internal, "drand: key: %w", err)
	}
	return verifyRound(key, round, signature)
}

// verifyRound checks a BLS signature on G1 with a key on G2 (scheme
// bls-unchained-g1-rfc9380) over SHA-256 of the round as eight bytes, big-endian.
func verifyRound(key [drandKeyBytes]byte, round uint64, signature []byte) error {
	var public bls.PublicKey[bls.KeyG2SigG1]
	if err := public.UnmarshalBinary(key[:]); err != nil {
		return fault.New(fault.Internal, "drand: key: %w", err)
	}
	if len(signature) != drandSignatureBytes || !bls.Verify(&public, roundMessage(round), signature) {
		return fault.New(fault.Invalid, "drand: the signature is not that of round %d", round)
	}
	return nil
}

func roundMessage(round uint64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	return sum[:]
}
