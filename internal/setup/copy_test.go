package setup_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/scenarios"
)

// A copy has the rules, the slots and as many codes, and none of the real codes.
func TestCopy(t *testing.T) {
	ctx := context.Background()
	for _, name := range []string{"ennepe-ruhr", "speyer"} {
		plan, problems := setup.Load(name+".yaml", scenarios.Read)
		if plan == nil {
			t.Fatal(problems)
		}
		st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "e.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		if _, err := setup.Apply(ctx, st, plan, time.Now(), false); err != nil {
			t.Fatal(err)
		}
		sales, err := st.Sales(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := setup.Copy(ctx, st, &sales[0], rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b catalog.Slot) bool {
			return a.Start.Equal(b.Start) && a.End.Equal(b.End) && a.Places == b.Places && a.Allotments[catalog.Online] == b.Allotments[catalog.Online]
		}
		if !slices.EqualFunc(got.Slots, plan.Slots, same) || got.Places() != plan.Places() || got.Sale.Expects != plan.Sale.Expects || got.Sale.Expects == 0 {
			t.Errorf("%s: %d slots with %d places, want %d with %d; expects %d", name, len(got.Slots), got.Places(), len(plan.Slots), plan.Places(), got.Sale.Expects)
		}
		codes := map[string]bool{}
		for _, list := range got.Codes {
			for _, code := range list.Codes {
				codes[code] = true
				if _, err := st.CodeList(ctx, sales[0].ID, catalog.CodeDigest(code)); err == nil {
					t.Errorf("%s: %q is a real code", name, code)
				}
				if catalog.NormalizeCode(strings.ToLower(code)) != code {
					t.Errorf("%s: %q is no code", name, code)
				}
			}
		}
		want := 0
		for _, list := range plan.Codes {
			want += len(list.Codes)
		}
		if len(codes) != want {
			t.Errorf("%s: %d codes, want %d", name, len(codes), want)
		}
		copied, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "c.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer copied.Close()
		if err := copied.MarkCopy(time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := setup.Apply(ctx, copied, got, time.Now(), false); err != nil {
			t.Errorf("%s: it cannot be applied: %v", name, err)
		}
		if st.MarkCopy(time.Now()) == nil {
			t.Errorf("%s: a database with a sale was marked as a copy", name)
		}
		if n, err := copied.SaleOf(ctx, ident.BookingID{}); err == nil {
			t.Errorf("%s: a booking of sale %d", name, n)
		}
	}
}
