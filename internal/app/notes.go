package app

import (
	"context"
	"time"
)

// notesEvery is how often what is counted for the report after the sale is stored, in
// real time: so much of it a crash may cost.
const notesEvery = 3 * time.Second

// takeNotes stores what was counted until ctx ends, and then the rest.
func (s *Server) takeNotes(ctx context.Context) {
	t := time.NewTicker(notesEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			s.wrote(s.site.Note(), "the last of what the report counts was lost")
			return
		case <-t.C:
		}
		s.wrote(s.site.Note(), "what the report counts was not stored; it is tried again")
	}
}
