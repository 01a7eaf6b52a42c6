package web

import (
	"testing"

	"einlass/internal/locale"
)

// TestEveryStandingHasWordsForClerks: a receipt says in a sentence how it stands with
// every number.
func TestEveryStandingHasWordsForClerks(t *testing.T) {
	for _, kind := range []string{waitJoined, waitDrawing, waitQueue, waitLikely, waitUndecided, waitUnlike, waitCalled, waitLate, waitSoldOut, waitClosed} {
		ids := []string{"desk.number.say." + sentence(kind)}
		if forecasts[kind] != "" {
			ids = append(ids, "desk.number.say."+kind)
		}
		for _, id := range ids {
			if !locale.Has(locale.German, id) || !locale.Has(locale.English, id) {
				t.Errorf("%s: there are no words %s", kind, id)
			}
		}
	}
}
