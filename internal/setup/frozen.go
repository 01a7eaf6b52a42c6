package setup

import (
	"fmt"
	"strings"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// frozen are the parts of a sale that people drew their numbers under: who may book, how
// many there are, how many one may have, and in which order. From the opening of the
// room until it is over they stay as they were published (DESIGN §4).
var frozen = []string{
	"sale.allocation", "sale.beacon", "sale.eligible", "sale.limit", "sale.party", "sale.returned", "allotments", "slots", "codes",
}

// namedMax is how many broken promises an error names.
const namedMax = 5

// keepPromises refuses what would break the promises of an open waiting room. The
// opening may be put off until the log is frozen: that is a new promise, stored with the
// rules and published with the old one.
func keepPromises(tx *store.Batch, sale ident.SaleID, old *store.StoredSale, plan *Plan, changes []Change, now time.Time) error {
	if old == nil {
		return nil
	}
	room, open, err := tx.RoomNow(sale)
	if err != nil || !open || room.Phase == waitingroom.Over {
		return err
	}
	if broken := broken(changes); len(broken) > 0 && !failpoint.Bug(failpoint.BugRulesThaw) {
		return fault.New(fault.Conflict, "the waiting room of %s/%s is open, and people hold numbers under the rules of version %d; these stay as they are until it is over: %s",
			old.Organizer.ID, old.Event.Slug, room.Version, strings.Join(broken, "; "))
	}
	if plan.Sale.Opens.Equal(old.Opens) {
		return nil
	}
	return postpone(tx, sale, plan, now)
}

func broken(changes []Change) (out []string) {
	more := 0
	for _, c := range changes {
		for _, part := range frozen {
			switch {
			case !strings.HasPrefix(c.Path, part):
			case len(out) < namedMax:
				out = append(out, c.Text)
			default:
				more++
			}
		}
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}

func postpone(tx *store.Batch, sale ident.SaleID, plan *Plan, now time.Time) error {
	terms, err := waitingroom.Promise(&plan.Sale, now)
	if err != nil {
		return err
	}
	opens := plan.Sale.Opens.In(plan.Sale.Event.Location()).Format(minuteLayout)
	out, err := tx.ChangeRoom(waitingroom.Act{Sale: sale, Do: waitingroom.Postpone{Terms: terms}}, inventory.AuditRow{
		At: now, Role: inventory.RoleOrganizer, Reason: "opening put off to " + opens,
	})
	switch {
	case err != nil:
		return err
	case out.Reason == waitingroom.Granted:
		return nil
	case out.Reason == waitingroom.Sooner:
		return fault.New(fault.Conflict, "sale.opens: numbers are being drawn for a later opening than %s: it can be put off, not brought forward", opens)
	case out.Reason == waitingroom.TooMany:
		return fault.New(fault.Conflict, "sale.opens: the opening was put off too often")
	}
	return fault.New(fault.Conflict, "sale.opens: the sale has opened and its numbers are drawn; the opening cannot be moved any more")
}
