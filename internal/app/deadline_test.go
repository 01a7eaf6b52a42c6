package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// deadlineOf is the context that a handler behind within gets, while it works.
func deadlineOf(t *testing.T, ctx context.Context, work func(context.Context)) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx)
	within(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { work(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
}

// Whoever waits is let go at the deadline and not before, whether the timer was set at
// once or late, and whoever only looks sees the same without a timer.
func TestWhatARequestWaitsForEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		deadlineOf(t, t.Context(), func(ctx context.Context) {
			time.Sleep(answerWithin / 2)
			if err := ctx.Err(); err != nil {
				t.Errorf("half-way: %v", err)
			}
			child, cancel := context.WithCancel(ctx)
			defer cancel()
			<-child.Done()
			if waited := time.Since(begin); waited != answerWithin || !errors.Is(ctx.Err(), context.DeadlineExceeded) || child.Err() == nil {
				t.Errorf("ended after %v with %v, its child with %v", waited, ctx.Err(), child.Err())
			}
		})
		deadlineOf(t, t.Context(), func(ctx context.Context) {
			time.Sleep(answerWithin)
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("nobody had waited for it: %v", ctx.Err())
			}
			select {
			case <-ctx.Done():
			default:
				t.Error("over, and not done")
			}
		})
	})
}

// A request's end, and its browser's, end whatever was begun for it; a deadline that is
// sooner is kept.
func TestWhatARequestBeganEndsWithIt(t *testing.T) {
	var child context.Context
	deadlineOf(t, t.Context(), func(ctx context.Context) {
		var cancel context.CancelFunc
		child, cancel = context.WithTimeout(ctx, time.Hour)
		t.Cleanup(cancel)
	})
	if !errors.Is(child.Err(), context.Canceled) {
		t.Errorf("after its request: %v", child.Err())
	}
	gone, leave := context.WithCancel(context.WithValue(t.Context(), guestKey{}, "known"))
	deadlineOf(t, gone, func(ctx context.Context) {
		leave()
		if !errors.Is(ctx.Err(), context.Canceled) || ctx.Value(guestKey{}) != "known" {
			t.Errorf("the browser has gone: %v, %v", ctx.Err(), ctx.Value(guestKey{}))
		}
		<-ctx.Done()
	})
	sooner := time.Now().Add(time.Second)
	hurried, cancel := context.WithDeadline(t.Context(), sooner)
	defer cancel()
	deadlineOf(t, hurried, func(ctx context.Context) {
		if at, ok := ctx.Deadline(); !ok || !at.Equal(sooner) {
			t.Errorf("deadline %v, want %v", at, sooner)
		}
	})
}

// Contexts made of a request's need no goroutine of their own, and any number may ask at
// the same time.
func TestADeadlineNeedsNoGoroutine(t *testing.T) {
	const askers = 32
	deadlineOf(t, t.Context(), func(ctx context.Context) {
		before := runtime.NumGoroutine()
		var wg sync.WaitGroup
		cancels := make([]context.CancelFunc, askers)
		for i := range askers {
			wg.Go(func() { _, cancels[i] = context.WithCancel(ctx) })
		}
		wg.Wait()
		defer func() {
			for _, cancel := range cancels {
				cancel()
			}
		}()
		for deadline := time.Now().Add(time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if more := runtime.NumGoroutine() - before; more > 0 {
			t.Errorf("%d goroutines follow %d contexts", more, askers)
		}
	})
}
