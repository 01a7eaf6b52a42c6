package web

import (
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// What somebody's waiting page is about.
const (
	waitSoon    = "soon"    // numbers cannot be drawn yet
	waitJoin    = "join"    // has none yet
	waitJoined  = "joined"  // is in the draw
	waitDrawing = "drawing" // the draw is being made
	waitQueue   = "waiting" // has a number that was not called yet
	// The same, when it can be told how it will probably end.
	waitLikely    = "likely"
	waitUndecided = "undecided"
	waitUnlike    = "unlikely"
	waitCalled    = "called"   // may come in
	waitLate      = "late"     // was called, and stands at the door
	waitSoldOut   = "sold-out" // was not called, and every place is booked
	waitClosed    = "closed"
)

// standing is how it stands for one person.
type standing struct {
	kind          string
	no            uint32 // place in the log
	number, ahead uint32
	called        uint32 // up to which number
	wants         catalog.GroupSet
	seconds       int               // until their page asks again; 0 = never
	until         waitingroom.Range // their call; the zero one if it cannot be told
}

// wantsOf is what suits whoever has a place in the log.
func wantsOf(roster *waitingroom.Roster, no uint32) catalog.GroupSet {
	if roster == nil {
		return catalog.AnyGroup
	}
	return roster.Wants(no)
}

// stand tells how it stands for whoever has a place in the log.
func (s *Site) stand(sale *booking.Sale, no uint32, has bool, now time.Time) standing {
	roster := s.Rooms.Roster(sale.ID)
	if roster == nil {
		if now.Before(sale.Closes) {
			return standing{kind: waitSoon, seconds: farSeconds}
		}
		return standing{kind: waitClosed}
	}
	room := roster.Room()
	switch {
	case room.Phase == waitingroom.Over:
		return standing{kind: waitClosed}
	case !has:
		return standing{kind: waitJoin}
	case room.Phase == waitingroom.Joining:
		return standing{kind: waitJoined, seconds: whole(s.Rooms.BeforeOpening(sale.ID, no, sale.Opens.Sub(now)))}
	case room.Phase == waitingroom.Drawing:
		return standing{kind: waitDrawing, seconds: s.again(sale, no, room.Entries)}
	}
	number, _ := roster.Number(no)
	if _, called := roster.CalledAt(number); called {
		return s.standCalled(sale, no, number, room.Entries)
	}
	return s.standQueue(sale, no, number, roster.Wants(no))
}

// standCalled tells it to somebody whose number was called: they go in, or stand at the
// door because they come late.
func (s *Site) standCalled(sale *booking.Sale, no, number, entries uint32) standing {
	late, admitted := s.Rooms.Late(sale.ID, no)
	switch {
	case !late || admitted:
		return standing{kind: waitCalled, number: number}
	case s.Rooms.SoldOut(sale.ID, wantsOf(s.Rooms.Roster(sale.ID), no)):
		return standing{kind: waitSoldOut, number: number, seconds: s.again(sale, no, entries)}
	}
	return standing{kind: waitLate, number: number, seconds: nearSeconds}
}

// standQueue tells it to somebody who waits, with what can be told of the end: the best
// of the groups that suit.
func (s *Site) standQueue(sale *booking.Sale, no, number uint32, wants catalog.GroupSet) standing {
	best := s.Rooms.Prospect(sale.ID, number, wants)
	at := standing{kind: waitQueue, number: number, called: best.Called, ahead: number - best.Called - 1, until: s.rangeOf(sale, number, &best)}
	at.seconds = s.again(sale, no, at.ahead)
	switch chance := best.Chance; {
	case s.Rooms.SoldOut(sale.ID, wants):
		at.kind = waitSoldOut
	case chance == waitingroom.Probably:
		at.kind = waitLikely
	case chance == waitingroom.ProbablyNot:
		at.kind = waitUnlike
	case chance == waitingroom.Undecided:
		at.kind = waitUndecided
	}
	return at
}

// How often a page asks again that waits for the room to open, or at the door.
const (
	farSeconds  = 20
	nearSeconds = 5
)

// again is when somebody asks again who has so many numbers ahead of them, in seconds.
func (s *Site) again(sale *booking.Sale, no, ahead uint32) int {
	return whole(s.Rooms.Pacing(sale.ID).Again(ahead, onsale.Jitter(no)))
}

// whole is a time in whole seconds, at least one.
func whole(d time.Duration) int { return max(1, int((d+time.Second/2)/time.Second)) }
