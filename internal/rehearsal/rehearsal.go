// Package rehearsal is the dress rehearsal before an on-sale: a synthetic crowd
// that books over HTTP as people do, and the report about what happened.
//
// It promises: the crowd knows one start address and finds every link and form
// in the HTML it gets; all chance comes from one printed seed; every request and
// byte on the wire is counted; latency runs from the moment a person meant to
// press, so a slow server cannot hide behind a late generator; what a person was
// shown as booked stands in a ledger that the caller can hold against the
// database.
//
// It never talks to another host than the one it was given, never follows a link
// away from it, and is bounded in people, minutes and open connections. It
// reads no table of the product: what it knows, it read on a page.
package rehearsal

import "time"

// Bounds of one rehearsal. A crowd is a load: these keep it a rehearsal.
const (
	// PeopleMax is the largest crowd; 66,000 were eligible in Ennepe-Ruhr.
	PeopleMax = 200_000
	// MinutesMax is the longest run, in minutes of real time.
	MinutesMax = 120
	// ConnectionsMax is how many connections may be open at once. The machine
	// this was built for ends at 20,000 files per process (SHAPES.md).
	ConnectionsMax = 16_000
	// ClerksMax is the largest desk.
	ClerksMax = 200
	// PaceMax is the fastest clock; beyond it people think in less than a round trip.
	PaceMax = 1_000
)

// Limits of the wire. They are network time-outs and stay in real time, however
// fast the injected clock runs.
const (
	dialMax     = 10 * time.Second // to open a connection
	lateMin     = time.Second      // by how much the crowd itself must be late to lose a new connection by it
	lateMost    = 5                // connections in a row that are lost in this way, before a request has no answer
	answerMax   = 30 * time.Second // from a request to the end of its answer
	keepOpenMax = 5 * time.Second  // a person who thinks longer closes the connection
	headMax     = 16 << 10         // bytes of one response head
	pageMax     = 1 << 20          // bytes of one page, unpacked
	hopsMax     = 5                // redirects in a row
	filesSpare  = 300              // files kept for anything but the crowd's connections
	loopbacks   = 8                // source addresses 127.0.0.1 .. 127.0.0.8
	bufferSize  = 4 << 10          // bytes of one read buffer, held only while an answer comes
)

// Limits of a person's persistence. Without them one page in a circle would keep
// the crowd up for ever.
const (
	requestsMax = 2000 // requests of one person; whoever waits in a room looks again and again
	busyMax     = 30   // busy answers before somebody gives up
	errorsMax   = 3    // missing answers or server errors before somebody gives up
	retriesMax  = 6    // refused slots before somebody gives up
	formsMax    = 4    // times the same form may come back with errors
	hurriedMax  = 300  // requests that somebody rude makes without waiting; then the finger tires
)
