package waitingroom

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"einlass/internal/draw"
	"einlass/internal/ident"
)

// How much a bot may gain over a person, and on how many it is judged.
const (
	botGain   = 1.05
	botDraws  = 600
	botPeople = 30 // of each kind in every draw
	botTries  = 40 // of each bot: with its own cookie, and with a new one each time
)

// TestBotsGetNoMoreThanPeople: half of the crowd are people who press once; the other half
// are bots that press hundreds of times, the first ones there, with one cookie and with new
// ones. Each books for one person. Over many draws a bot is no sooner among those for whom
// there is a place.
func TestBotsGetNoMoreThanPeople(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 1)) //nolint:gosec // a test that can be repeated
	human, bot, pressed := 0, 0, 0
	for range botDraws {
		state := NewState()
		roster := NewRoster(Room{Sale: sale})
		do := func(a Act) Outcome {
			out, changes := Decide(state, []Act{a}, now)
			roster.Follow(changes)
			return out[0]
		}
		var seed draw.Seed
		randomly(r, seed[:])
		do(Act{sale, Open{Version: 1, Seed: seed}})
		for range botTries {
			for b := range botPeople {
				do(press(r, uint64(b), uint64(b)))        // the same cookie
				do(press(r, r.Uint64()|1<<63, uint64(b))) // a new browser, the same person
				pressed += 2
			}
		}
		for p := range botPeople {
			do(press(r, uint64(botPeople+p), uint64(botPeople+p)))
		}
		do(Act{sale, Freeze{}})
		do(Act{sale, Draw{}})
		do(Act{sale, Call{To: botPeople / 2}}) // places for a quarter of them
		room := roster.Room()
		for number := uint32(1); number <= room.Called; number++ {
			switch no, _ := roster.At(number); {
			case no < room.Entries-botPeople:
				bot++
			default:
				human++
			}
		}
	}
	gain := float64(bot) / float64(human)
	t.Logf("bots pressed %d times in %d draws; %d places for them, %d for as many people: %.3f", pressed, botDraws, bot, human, gain)
	if bot+human < botDraws*botPeople/2 || human < 1_000 || gain > botGain || gain < 1/botGain {
		t.Errorf("bots had %.3f times the places of people, at most %.2f; %d and %d", gain, botGain, bot, human)
	}
}

// press is one press of the button, from a browser and for a person.
func press(r *rand.Rand, browser, person uint64) Act {
	name := binary.BigEndian.AppendUint64(nil, browser)
	j := Join{Owner: ident.DigestOf(append([]byte{'o'}, name...)), Size: 1}
	j.Claims = []ident.Digest{ident.DigestOf(binary.BigEndian.AppendUint64([]byte{'c'}, person))}
	randomly(r, j.Alias[:])
	return Act{sale, j}
}

func randomly(r *rand.Rand, out []byte) {
	for i := range out {
		out[i] = byte(r.Uint32())
	}
}
