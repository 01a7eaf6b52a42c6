package mail_test

import (
	"bytes"
	"testing"

	"einlass/internal/inventory"
)

// BenchmarkCompose is the CPU of one mail from letter to bytes: thousands fall
// due in the minutes in which the machine is busiest.
func BenchmarkCompose(b *testing.B) {
	c := composer(b)
	l := letter(inventory.AboutConfirmed, "de")
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		m, err := c.Compose(l)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.WriteTo(&out); err != nil {
			b.Fatal(err)
		}
	}
}
