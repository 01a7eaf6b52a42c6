package app

// serveCmd is `einlass serve`.
type serveCmd struct {
	Config
}

func (c *serveCmd) run(s *shell) (result, error) {
	db, err := s.database(true)
	if err != nil {
		return result{}, err
	}
	if err := Run(s.ctx, db, c.Config, Outside{Log: s.log}); err != nil {
		return result{}, err
	}
	return result{Object: map[string]bool{"stopped": true}}, nil
}
