package outbox

import (
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"einlass/internal/store"
)

// Pauses. RFC 5321 §4.5.4.1 asks to try for four to five days, and not to
// insist.
const (
	retryFirst  = time.Minute
	retryMax    = time.Hour
	relayFirst  = time.Second // while nobody answers, asking costs one packet
	relayMax    = time.Minute // and everybody waits, so ask often
	giveUpAfter = 5 * 24 * time.Hour
	triesMin    = 10        // a message sent again by a clerk gets these whatever its age
	relayGrace  = time.Hour // for the relay to come up after our own start
	jitterShare = 4         // a pause varies by a quarter in both directions
)

// pauseAfter is how long a message rests after its n-th attempt (1..).
func pauseAfter(n int, chance *rand.Rand) time.Duration {
	return jitter(grow(retryFirst, retryMax, n), chance)
}

// relayPause is how long everything rests after the relay's n-th trouble in a
// row (1..).
func relayPause(n int, chance *rand.Rand) time.Duration {
	return jitter(grow(relayFirst, relayMax, n), chance)
}

// grow doubles first n-1 times, up to most.
func grow(first, most time.Duration, n int) time.Duration {
	d := first
	for ; n > 1 && d < most; n-- {
		d *= 2
	}
	return min(d, most)
}

// jitter keeps messages that failed together from coming back together.
func jitter(d time.Duration, chance *rand.Rand) time.Duration {
	spread := int64(d) / jitterShare
	return d + time.Duration(chance.Int64N(2*spread+1)-spread)
}

// trouble cuts a text to what the database keeps, between two characters.
func trouble(s string) string {
	if len(s) <= store.TroubleMax {
		return s
	}
	n := store.TroubleMax
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
