package app

import (
	"context"
	"encoding/json"
	"time"

	"einlass/internal/fault"
	"einlass/internal/rehearsal"
	"einlass/internal/store"
)

// judge holds what a crowd saw against the copy and against the rules, and stores it
// with the real sale.
func (s *Server) judge(ctx context.Context, c *saleCopy, seen *rehearsal.Result) (*rehearsal.Judged, error) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	load := c.meter.end()
	load.SameMachine = c.front.same
	v, err := c.stage.check(ctx, seen)
	if err != nil {
		return nil, err
	}
	v.facts.ServerCPU = c.meter.cpuUsed()
	j := &rehearsal.Judged{Facts: v.facts, Judgement: rehearsal.Judge(seen, &v.facts, load)}
	if err := s.store.AddRehearsal(rehearsalRow(c, seen, j, time.Now())); err != nil {
		s.wrote(err, "a rehearsal was not saved")
		return nil, fault.New(fault.Unavailable, "it could not be saved: %w", err)
	}
	for _, sentence := range j.Judgement.Sentences("en") {
		say(s.log, "rehearsal of %s: %s", saleName(&c.sale), sentence)
	}
	return j, nil
}

// figures are what is kept of a rehearsal beside its verdict.
type figures struct {
	Line      rehearsal.Line      `json:"line"`
	Judgement rehearsal.Judgement `json:"judgement"`
}

func rehearsalRow(c *saleCopy, seen *rehearsal.Result, j *rehearsal.Judged, now time.Time) store.RehearsalRow {
	text, err := json.Marshal(figures{rehearsal.NewLine(seen, j.Facts), j.Judgement})
	if err != nil { // a figure that is no number: what matters is in the other columns
		text = []byte("{}")
	}
	return store.RehearsalRow{
		Sale: c.sale.ID, Version: c.sale.Version, At: now, People: seen.Config.People, Burst: seen.Config.Arrivals.Burst,
		Rude: seen.Config.Habits.Rude, Verdict: string(j.Judgement.Verdict), Broke: string(j.Judgement.First), Figures: string(text),
	}
}
