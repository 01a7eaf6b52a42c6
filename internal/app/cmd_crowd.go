package app

import (
	"einlass/internal/rehearsal"
)

// crowdCmd is the hidden `einlass crowd`: the crowd's side of a demo. It speaks
// with its parent over standard input and output only.
type crowdCmd struct{}

func (c *crowdCmd) run(s *shell) (result, error) {
	s.JSON = false // standard output belongs to the conversation with the parent
	return result{}, rehearsal.Serve(s.ctx, s.In, s.Out)
}
