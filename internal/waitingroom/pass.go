// Package waitingroom lets people in: it issues the pass without which nobody
// holds a place. A sale without a room has a gate that is always open; it issues
// passes by the same rules, so that a room later only replaces the gate.
package waitingroom

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"io"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
)

// Pass is the right to one cart in one sale. It is spent by the first granted
// hold, in the transaction; the signature is only a shortcut that keeps
// strangers out of the queue.
type Pass struct {
	ID    ident.ID
	Sale  ident.SaleID
	Until time.Time // seconds
	Gate  Gate
	// Second is the place in the log that a clerk granted a second number to, counted from
	// 1; 0: none was.
	Second uint32
	// Wants are the groups whose places it is good for.
	Wants catalog.GroupSet
}

// Gate is who issued a pass. One of an open gate lets nobody into a room.
type Gate uint8

// The gates.
const (
	GateOpen Gate = iota
	GateRoom
)

// passPurpose separates this signature from every other one under the secret.
const passPurpose = "pass"

const (
	passBody = ident.IDBytes + 8 + 8 + 1 + 4 + 1 // id, sale, until, gate, second, wants
	passMAC  = 16                                // bytes: 2^-128 for a guess
)

// Token signs the pass for the browser that keeps it.
func (p Pass) Token(s ident.Secret) string {
	buf := make([]byte, 0, passBody+passMAC)
	buf = append(buf, p.ID[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(p.Sale))
	buf = binary.BigEndian.AppendUint64(buf, uint64(p.Until.Unix()))
	buf = append(buf, byte(p.Gate))
	buf = append(binary.BigEndian.AppendUint32(buf, p.Second), byte(p.Wants))
	mac := s.MAC(passPurpose, buf)
	return base64.RawURLEncoding.EncodeToString(append(buf, mac[:passMAC]...))
}

// ReadPass checks a token. Forbidden if it is not ours, was changed, belongs to
// another sale or gate, or is over.
func ReadPass(s ident.Secret, token string, sale ident.SaleID, gate Gate, now time.Time) (Pass, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != passBody+passMAC {
		return Pass{}, fault.New(fault.Forbidden, "not a pass")
	}
	body, mac := raw[:passBody], raw[passBody:]
	want := s.MAC(passPurpose, body)
	if subtle.ConstantTimeCompare(mac, want[:passMAC]) != 1 && !failpoint.Bug(failpoint.BugPassUnsigned) {
		return Pass{}, fault.New(fault.Forbidden, "not our pass")
	}
	p := Pass{
		ID:    ident.ID(body[:ident.IDBytes]),
		Sale:  ident.SaleID(binary.BigEndian.Uint64(body[ident.IDBytes:])),
		Until: time.Unix(int64(binary.BigEndian.Uint64(body[ident.IDBytes+8:])), 0).UTC(),
		Gate:  Gate(body[ident.IDBytes+16]),

		Second: binary.BigEndian.Uint32(body[ident.IDBytes+17:]),
		Wants:  catalog.GroupSet(body[ident.IDBytes+21]),
	}
	switch {
	case p.Sale != sale && !failpoint.Bug(failpoint.BugPassAnySale):
		return Pass{}, fault.New(fault.Forbidden, "a pass for another sale")
	case p.Gate != gate && !failpoint.Bug(failpoint.BugPassAnyGate):
		return Pass{}, fault.New(fault.Forbidden, "a pass of another gate")
	case now.After(p.Until) && !failpoint.Bug(failpoint.BugPassForEver):
		return Pass{}, fault.New(fault.Forbidden, "the pass is over")
	}
	return p, nil
}

// openGatePass is how long a pass of an always-open gate is good for. It is long
// because it holds nobody back: there is no queue behind it.
const openGatePass = 2 * time.Hour

// OpenGate lets everybody in at once.
type OpenGate struct{ Rand io.Reader }

// Issue draws a new pass.
func (g OpenGate) Issue(sale ident.SaleID, now time.Time) (Pass, error) {
	id, err := ident.New(g.Rand, now)
	if err != nil {
		return Pass{}, err
	}
	return Pass{ID: id, Sale: sale, Until: now.Add(openGatePass)}, nil
}
