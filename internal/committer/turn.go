package committer

import "context"

// Turn is the right to use the processor, of somebody who waits here for a batch:
// it is given back meanwhile, so that waiting costs nobody a turn.
type Turn interface {
	// Leave gives the turn back.
	Leave()
	// Return waits until it is there again.
	Return()
}

type turnKey struct{}

// WithTurn lets Submit give t back while it waits.
func WithTurn(ctx context.Context, t Turn) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// away gives the turn of ctx back, if there is one, until the function it returns
// is called.
func away(ctx context.Context) (back func()) {
	t, ok := ctx.Value(turnKey{}).(Turn)
	if !ok {
		return func() {}
	}
	t.Leave()
	return t.Return
}
