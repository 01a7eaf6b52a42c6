package store

import (
	"context"
	"database/sql"
	"sync"
)

// readPool is the read connections with every query prepared once: parsing cost
// more than reading one booking. Queries are the constants of this room, so the
// map stays small.
type readPool struct {
	*sql.DB
	stmts sync.Map // text → *sql.Stmt
}

// prepared returns the statement of a query.
func (p *readPool) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := p.stmts.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if other, lost := p.stmts.LoadOrStore(query, st); lost {
		st.Close() //nolint:errcheck // another request was first; nothing ran on this one
		return other.(*sql.Stmt), nil
	}
	return st, nil
}

// QueryContext runs a query.
func (p *readPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := p.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row; an error comes with the Scan.
func (p *readPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	st, err := p.prepared(ctx, query)
	if err != nil {
		return p.DB.QueryRowContext(ctx, query, args...) // says the same error again
	}
	return st.QueryRowContext(ctx, args...)
}

// Close closes the statements, then the connections.
func (p *readPool) Close() error {
	p.stmts.Range(func(_, st any) bool {
		st.(*sql.Stmt).Close() //nolint:errcheck // closing the pool tells
		return true
	})
	return p.DB.Close()
}
