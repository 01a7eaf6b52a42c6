package ident

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"einlass/internal/fault"
)

var now = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

func TestIDRoundTripAndOrder(t *testing.T) {
	var last ID
	for i := range 1000 {
		at := now.Add(time.Duration(i) * idTick)
		id, err := New(rand.Reader, at)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseID(id.String())
		if err != nil || back != id || len(id.String()) != IDText {
			t.Fatalf("%s: %v %v", id, back, err)
		}
		if bytes.Compare(last[:], id[:]) >= 0 {
			t.Fatalf("%s does not come after %s", id, last)
		}
		last = id
	}
	for _, bad := range []string{"", "x", strings.ToUpper(last.String()), last.String() + "0", "u" + last.String()[1:], last.String()[1:] + " "} {
		if _, err := ParseID(bad); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestCodeFindsEverySingleTypoAndNeighbourSwap(t *testing.T) {
	typos, swaps := 0, 0
	for range 200 {
		c, err := NewCode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for _, as := range []string{string(c), c.String(), strings.ToLower(c.String()), strings.ReplaceAll(c.String(), "-", " ")} {
			if back, err := ParseCode(as); err != nil || back != c {
				t.Fatalf("%q: %v %v", as, back, err)
			}
		}
		for i := range c {
			for j := range codeAlphabet {
				if codeAlphabet[j] == c[i] {
					continue
				}
				if _, err := ParseCode(string(c[:i]) + codeAlphabet[j:j+1] + string(c[i+1:])); err == nil {
					t.Fatalf("%s: symbol %d as %c is not found", c, i, codeAlphabet[j])
				}
				typos++
			}
		}
		for i := range codeData - 1 {
			if c[i] == c[i+1] {
				continue
			}
			if _, err := ParseCode(string(c[:i]) + string(c[i+1]) + string(c[i]) + string(c[i+2:])); err == nil {
				t.Fatalf("%s: swap at %d is not found", c, i)
			}
			swaps++
		}
	}
	t.Logf("%d typos, %d swaps, all found", typos, swaps)
}

func TestSealOpensOnlyForItsPurposeAndTime(t *testing.T) {
	s, err := NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Seal(rand.Reader, "pass", now.Add(time.Minute), []byte("body"))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := s.Open("pass", token, now); err != nil || string(body) != "body" {
		t.Fatalf("%q %v", body, err)
	}
	refuse := map[string]func() error{
		"other purpose": func() error { _, err := s.Open("queue", token, now); return err },
		"too late":      func() error { _, err := s.Open("pass", token, now.Add(2*time.Minute)); return err },
		"other secret":  func() error { _, err := s.Derive("x").Open("pass", token, now); return err },
		"truncated":     func() error { _, err := s.Open("pass", token[:len(token)-1], now); return err },
		"empty":         func() error { _, err := s.Open("pass", "", now); return err },
	}
	for name, f := range refuse {
		if err := f(); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range token {
		flipped := []byte(token)
		flipped[i] ^= 1
		if _, err := s.Open("pass", string(flipped), now); err == nil && !sameBits(token, string(flipped)) {
			t.Errorf("character %d changed and still accepted", i)
		}
	}
}

// sameBits: the last base64 character has bits that carry nothing.
func sameBits(a, b string) bool { return a[:len(a)-1] == b[:len(b)-1] }

func FuzzOpen(f *testing.F) {
	s := Secret{1}
	token, err := s.Seal(rand.Reader, "pass", now.Add(time.Hour), []byte("body"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, in string) {
		if body, err := s.Open("pass", in, now); err == nil && string(body) != "body" {
			t.Fatalf("%q opened as %q", in, body)
		}
	})
}
