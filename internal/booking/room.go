package booking

import (
	"context"

	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// Claims are the digests by which the people of a party count in a waiting room: the
// names of the pools that one place per person is drawn from. None where a sale limits
// nobody.
func (b *Service) Claims(sale *Sale, people []catalog.Participant) []ident.Digest {
	if sale.Limit.PerPerson == 0 {
		return nil
	}
	out := make([]ident.Digest, len(people))
	for i, p := range people {
		out[i] = ident.Digest(b.personPool(sale, p))
	}
	return out
}

func (b *Service) personPool(sale *Sale, p catalog.Participant) inventory.PoolID {
	return inventory.LazyPool(b.secret, inventory.KindPerson, sale.scope(sale.Limit.Scope), eligibility.NormalizePerson(p, sale.Limit.Person))
}

// LetterCode is the first access code that somebody of a party needs to book, in its
// normal form; empty if nobody does. Whoever has the letter is its party. The error is
// an *Ineligible if anybody may not book.
func (b *Service) LetterCode(ctx context.Context, sale *Sale, people []catalog.Participant) (string, error) {
	verdicts, err := b.Judge(ctx, sale, people)
	if err != nil {
		return "", err
	}
	for _, v := range verdicts {
		if v.Code != "" {
			return v.Code, nil
		}
	}
	return "", nil
}
