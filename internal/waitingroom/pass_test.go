package waitingroom

import (
	"crypto/rand"
	"testing"
	"time"

	"einlass/internal/fault"
	"einlass/internal/ident"
)

var now = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

func issue(t testing.TB) (ident.Secret, Pass) {
	t.Helper()
	s, err := ident.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p, err := OpenGate{Rand: rand.Reader}.Issue(7, now)
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func TestPassIsReadBackAndNothingElse(t *testing.T) {
	s, p := issue(t)
	p.Second, p.Wants = 70_000, 5 // changed in the flips below, too
	token := p.Token(s)
	if got, err := ReadPass(s, token, 7, GateOpen, now); err != nil || got != p {
		t.Fatalf("%+v %v", got, err)
	}
	refuse := map[string]func() error{
		"another sale's": func() error { _, err := ReadPass(s, token, 8, GateOpen, now); return err },
		"another gate's": func() error { _, err := ReadPass(s, token, 7, GateRoom, now); return err },
		"expired":        func() error { _, err := ReadPass(s, token, 7, GateOpen, p.Until.Add(time.Second)); return err },
		"other secret":   func() error { _, err := ReadPass(ident.Secret{}, token, 7, GateOpen, now); return err },
		"truncated":      func() error { _, err := ReadPass(s, token[:len(token)-4], 7, GateOpen, now); return err },
		"empty":          func() error { _, err := ReadPass(s, "", 7, GateOpen, now); return err },
	}
	for name, f := range refuse {
		if err := f(); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s pass: %v", name, err)
		}
	}
	flips := 0
	for i := range token {
		changed := []byte(token)
		changed[i] ^= 1
		if _, err := ReadPass(s, string(changed), 7, GateOpen, now); err == nil {
			t.Errorf("character %d changed and still accepted", i)
		}
		flips++
	}
	t.Logf("%d flipped tokens refused", flips)
}

func FuzzReadPass(f *testing.F) {
	s, p := issue(f)
	f.Add(p.Token(s))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, in string) {
		if got, err := ReadPass(s, in, 7, GateOpen, now); err == nil && got != p {
			t.Fatalf("%q read as %+v", in, got)
		}
	})
}
