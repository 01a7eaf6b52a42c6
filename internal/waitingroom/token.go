package waitingroom

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"

	"einlass/internal/fault"
	"einlass/internal/ident"
)

// Token is what a person keeps of their number: their place in the log. It opens the
// waiting page and nothing else; only its server turns it into a pass, when the number
// is called.
type Token struct {
	Sale ident.SaleID
	No   uint32
}

// tokenPurpose separates this signature from a pass's: the one is never taken for the
// other, whatever cookie it is put into.
const tokenPurpose = "number"

const (
	tokenBody = 8 + 4 // sale, place in the log
	tokenMAC  = 16    // bytes: 2^-128 for a guess
)

// String signs the token for the browser that keeps it.
func (t Token) String(s ident.Secret) string {
	buf := make([]byte, 0, tokenBody+tokenMAC)
	buf = binary.BigEndian.AppendUint64(buf, uint64(t.Sale)) //nolint:gosec // a name, not a count
	buf = binary.BigEndian.AppendUint32(buf, t.No)
	mac := s.MAC(tokenPurpose, buf)
	return base64.RawURLEncoding.EncodeToString(append(buf, mac[:tokenMAC]...))
}

// ReadToken checks a token. Forbidden if it is not ours, was changed or belongs to
// another sale.
func ReadToken(s ident.Secret, token string, sale ident.SaleID) (Token, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenBody+tokenMAC {
		return Token{}, fault.New(fault.Forbidden, "not a number")
	}
	body, mac := raw[:tokenBody], raw[tokenBody:]
	want := s.MAC(tokenPurpose, body)
	if subtle.ConstantTimeCompare(mac, want[:tokenMAC]) != 1 {
		return Token{}, fault.New(fault.Forbidden, "not our number")
	}
	t := Token{Sale: ident.SaleID(binary.BigEndian.Uint64(body)), No: binary.BigEndian.Uint32(body[8:])} //nolint:gosec // written by String
	if t.Sale != sale {
		return Token{}, fault.New(fault.Forbidden, "a number of another sale")
	}
	return t, nil
}
