package main

import (
	"fmt"
	"runtime"
	"time"

	"einlass/internal/draw"
	"einlass/internal/ident"
	"einlass/internal/waitingroom"
)

// ticketsMost is the largest queue that is measured.
const ticketsMost = 1_000_000

// waitingHeap is G8 (a): what the server keeps in memory for one person who waits,
// before the draw and after it, with a million of them.
func waitingHeap(o *options) ([]figure, error) {
	var joined, drawn, during []float64
	for range min(o.rounds, heapRounds) {
		out, err := childCommand(o, "heap").Output()
		if err != nil {
			return nil, fmt.Errorf("heap: %w", err)
		}
		var a, b, c float64
		if _, err := fmt.Sscan(string(out), &a, &b, &c); err != nil {
			return nil, fmt.Errorf("heap: %q: %w", out, err)
		}
		joined, drawn, during = append(joined, a), append(drawn, b), append(during, c)
	}
	before := atMost("G8", "heap_bytes_per_ticket_joined", 32, joined)
	before.Extra = fmt.Sprintf("%d tickets, fresh process", ticketsMost)
	after := atMost("G8", "heap_bytes_per_ticket_drawn", 32, drawn)
	after.Extra = fmt.Sprintf("while it is drawn %.0f bytes are made and thrown away", median(during))
	return []figure{before, after}, nil
}

// heapRounds is how often: the same bytes come out each time.
const heapRounds = 3

// weighRoster is the process: it prints bytes a ticket before the draw and after it, and
// what was made of memory during the draw.
func weighRoster() error {
	const sale, joinsOfOne = ident.SaleID(1), 500 // as many as a batch has
	now := time.Date(2021, 4, 2, 18, 0, 0, 0, time.UTC)
	empty, _ := weigh()
	room := waitingroom.Room{Sale: sale, Phase: waitingroom.Joining, Opened: now}
	roster := waitingroom.NewRoster(room)
	for no := uint32(0); no < ticketsMost; {
		c := waitingroom.Changes{Rooms: map[ident.SaleID]waitingroom.Room{}}
		for range joinsOfOne {
			e := waitingroom.Entry{No: no, Size: 1, At: now, Alias: draw.Alias{byte(no), byte(no >> 8), byte(no >> 16)}}
			c.Joined = append(c.Joined, waitingroom.SaleEntry{Sale: sale, Entry: e})
			no++
		}
		room.Entries = no
		c.Rooms[sale] = room
		roster.Follow(&c)
	}
	joined, made := weigh()
	room.Phase, room.Frozen, room.FrozenAt, room.DrawnAt = waitingroom.Calling, room.Entries, now, now
	roster.Follow(&waitingroom.Changes{Rooms: map[ident.SaleID]waitingroom.Room{sale: room}})
	drawn, all := weigh()
	if number, ok := roster.Number(ticketsMost - 1); !ok || number == 0 {
		return fmt.Errorf("the last entry has no number")
	}
	fmt.Println((joined-empty)/ticketsMost, (drawn-empty)/ticketsMost, (all-made)/ticketsMost)
	return nil
}

// weigh is what is alive, and what was ever made, in bytes.
func weigh() (alive, made float64) {
	runtime.GC()
	runtime.GC() // what finalizers held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc), float64(m.TotalAlloc)
}
