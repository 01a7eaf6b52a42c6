package waitingroom

import (
	"crypto/rand"
	"testing"

	"einlass/internal/fault"
	"einlass/internal/ident"
)

func TestTokenIsReadBackAndNothingElse(t *testing.T) {
	s, err := ident.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want := Token{Sale: 7, No: 41}
	token := want.String(s)
	if got, err := ReadToken(s, token, 7); err != nil || got != want {
		t.Fatalf("%+v %v", got, err)
	}
	pass := Pass{Sale: 7, Until: now}.Token(s)
	refuse := map[string]func() error{
		"another sale's":     func() error { _, err := ReadToken(s, token, 8); return err },
		"other secret":       func() error { _, err := ReadToken(ident.Secret{}, token, 7); return err },
		"truncated":          func() error { _, err := ReadToken(s, token[:len(token)-4], 7); return err },
		"empty":              func() error { _, err := ReadToken(s, "", 7); return err },
		"a pass":             func() error { _, err := ReadToken(s, pass, 7); return err },
		"shown as a pass":    func() error { _, err := ReadPass(s, token, 7, GateRoom, now); return err },
		"a pass cut to size": func() error { _, err := ReadToken(s, pass[:len(token)], 7); return err },
	}
	for name, f := range refuse {
		if err := f(); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	flips := 0
	for i := range token {
		changed := []byte(token)
		changed[i] ^= 1
		if _, err := ReadToken(s, string(changed), 7); err == nil {
			t.Errorf("character %d changed and still accepted", i)
		}
		flips++
	}
	if flips < 30 {
		t.Errorf("only %d flips", flips)
	}
}

func FuzzReadToken(f *testing.F) {
	s, err := ident.NewSecret(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	want := Token{Sale: 7, No: 41}
	f.Add(want.String(s))
	f.Add(Pass{Sale: 7, Until: now}.Token(s))
	f.Fuzz(func(t *testing.T, in string) {
		if got, err := ReadToken(s, in, 7); err == nil && got != want {
			t.Fatalf("%q read as %+v", in, got)
		}
	})
}
