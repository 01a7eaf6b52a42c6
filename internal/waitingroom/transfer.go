package waitingroom

import (
	"crypto/subtle"
	"encoding/binary"
	"math/big"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
)

// A transfer code carries a number to a second device: it is typed there from the first
// one's screen, or from what a clerk read aloud. It says a place in the log and proves
// it, so that nothing is stored; whoever has it has the number, as with a ticket.
const (
	// transferPurpose separates the proof from a token's: the code is shown, the cookie
	// is not.
	transferPurpose = "transfer"
	// transferMAC is the proof in bytes: 2^40 guesses for one place. It is typed in
	// public, a try costs a request and is limited per address; see web's limiter.
	transferMAC = 5
	// A code has as few groups as its place needs: four up to place 23,108, five
	// up to place 688 million.
	transferGroups    = 4
	transferGroupsMax = 5
)

// transferPlaces is how many places can be told in so many groups, beside the proof.
func transferPlaces(groups int) *big.Int {
	return new(big.Int).Rsh(ident.LongCodeRoom(groups), 8*transferMAC)
}

var transferRooms = map[int]*big.Int{transferGroups: transferPlaces(transferGroups), transferGroupsMax: transferPlaces(transferGroupsMax)}

// TransferCode is the code that brings the number to another device, in groups of
// three: K7M-4QX-9D2-0AB. Empty for a place beyond 688 million.
func (t Token) TransferCode(s ident.Secret) string {
	no := new(big.Int).SetUint64(uint64(t.No))
	for groups := transferGroups; groups <= transferGroupsMax; groups++ {
		if places := transferRooms[groups]; no.Cmp(places) < 0 {
			proof := new(big.Int).SetBytes(t.transferProof(s))
			return ident.LongCode(proof.Mul(proof, places).Add(proof, no), groups)
		}
	}
	return ""
}

func (t Token) transferProof(s ident.Secret) []byte {
	body := binary.BigEndian.AppendUint64(make([]byte, 0, tokenBody), uint64(t.Sale)) //nolint:gosec // a name, not a count
	mac := s.MAC(transferPurpose, binary.BigEndian.AppendUint32(body, t.No))
	return mac[:transferMAC]
}

// ReadTransferCode reads a code as people type it. Invalid with code "transfer.form"
// if it is none and with "transfer.typo" if a symbol is wrong; Forbidden if it is not
// ours or belongs to another sale: the two look alike.
func ReadTransferCode(s ident.Secret, typed string, sale ident.SaleID) (Token, error) {
	value, groups, err := ident.ParseLongCode(typed)
	if err != nil {
		if fault.As(err).Code == "code.typo" {
			return Token{}, fault.Field("transfer", "transfer.typo")
		}
		return Token{}, fault.Field("transfer", "transfer.form")
	}
	places, ok := transferRooms[groups]
	if !ok {
		return Token{}, fault.Field("transfer", "transfer.form")
	}
	proof, no := value.QuoRem(value, places, new(big.Int))
	if len(proof.Bytes()) > transferMAC {
		return Token{}, fault.New(fault.Forbidden, "not our transfer code")
	}
	t := Token{Sale: sale, No: uint32(no.Uint64())} //nolint:gosec // below transferPlaces
	shorter, has := transferRooms[groups-1]
	if has && no.Cmp(shorter) < 0 || !t.proved(s, proof.FillBytes(make([]byte, transferMAC))) {
		return Token{}, fault.New(fault.Forbidden, "not our transfer code")
	}
	return t, nil
}

func (t Token) proved(s ident.Secret, shown []byte) bool {
	return failpoint.Bug(failpoint.BugTransferProof) || subtle.ConstantTimeCompare(shown, t.transferProof(s)) == 1
}
