package ident

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"testing"
)

// TestMACsOfManyAtOnce: hashes are used again, by several at once and with several secrets;
// each gets what the library makes of the bytes that RFC 2104 and the lengths ask for.
func TestMACsOfManyAtOnce(t *testing.T) {
	secrets := []Secret{{1}, {2}, Secret{1}.Derive("a"), Secret{1}.Derive("b")}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1_000 {
				s, field := secrets[(g+i)%len(secrets)], binary.BigEndian.AppendUint32(nil, uint32(g*1_000+i)) //nolint:gosec // small
				peer := hmac.New(sha256.New, s[:])
				for _, f := range [][]byte{[]byte("purpose"), field} {
					peer.Write(binary.BigEndian.AppendUint64(nil, uint64(len(f))))
					peer.Write(f)
				}
				if got := s.MAC("purpose", field); !hmac.Equal(got[:], peer.Sum(nil)) {
					t.Errorf("secret %d, field %x: another MAC", (g+i)%len(secrets), field)
					return
				}
			}
		})
	}
	wg.Wait()
}
