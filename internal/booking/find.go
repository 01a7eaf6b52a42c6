package booking

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"einlass/internal/ident"
	"einlass/internal/locale"
	"einlass/internal/store"
)

// Find looks a booking up by its code and a proof: the birth date of one
// participant, or the contact's mail address or phone number. It returns the
// zero BookingID when there is none or the proof does not fit, without telling
// which: the code alone opens nothing.
func (b *Service) Find(ctx context.Context, code ident.Code, proof string) (ident.BookingID, error) {
	ids, err := b.store.ByCode(ctx, code)
	if err != nil {
		return ident.BookingID{}, err
	}
	for _, id := range ids {
		r, err := b.store.Booking(ctx, id)
		if err != nil {
			return ident.BookingID{}, err
		}
		if proves(r, proof) {
			return id, nil
		}
	}
	return ident.BookingID{}, nil
}

// proves compares in constant time, every possible proof every time.
func proves(r *store.Record, proof string) bool {
	fits := 0
	birth := ""
	if day, err := locale.ParseDate(proof); err == nil {
		birth = day.Format(time.DateOnly)
	}
	for _, p := range r.People {
		fits |= equal(birth, p.BirthDate.Format(time.DateOnly))
	}
	fits |= equal(strings.ToLower(strings.TrimSpace(proof)), strings.ToLower(r.Contact.Mail))
	fits |= equal(digits(proof), digits(r.Contact.Phone))
	return fits == 1
}

// proofMin is the shortest text that can prove anything, in bytes.
const proofMin = 5

func equal(a, b string) int {
	if len(a) < proofMin || len(b) < proofMin {
		return 0
	}
	return subtle.ConstantTimeCompare([]byte(a), []byte(b))
}

// digits keeps the digits of a phone number, with 0049 and +49 as 0.
func digits(s string) string {
	var sb strings.Builder
	for _, r := range strings.Replace(s, "+", "00", 1) {
		if r >= '0' && r <= '9' {
			sb.WriteRune(r)
		}
	}
	out := sb.String()
	if rest, ok := strings.CutPrefix(out, "0049"); ok {
		return "0" + strings.TrimPrefix(rest, "0")
	}
	return out
}
