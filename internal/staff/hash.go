package staff

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"einlass/internal/fault"
)

// The cost of one password: 19 MiB and two passes, the first choice of the OWASP
// Password Storage Cheat Sheet for argon2id. A guess costs an attacker the same.
const (
	hashMemoryKiB = 19 * 1024
	hashPasses    = 2
	hashThreads   = 1
	hashBytes     = 32
	saltBytes     = 16
)

// Bounds on the cost that a stored hash may ask for, so that a damaged row cannot
// eat the machine: memory in KiB, passes, bytes.
const (
	memoryMaxKiB = 256 * 1024
	passesMax    = 16
	keyMaxBytes  = 64
)

// cost is how expensive a hash is.
type cost struct {
	memory, passes uint32
	threads        uint8
}

// hashed is a stored password taken apart.
type hashed struct {
	cost
	salt, key []byte
}

// hash makes the stored form of a password, in the PHC string format:
// $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func hash(r io.Reader, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(r, salt); err != nil {
		return "", fault.New(fault.Unavailable, "draw a salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, hashPasses, hashMemoryKiB, hashThreads, hashBytes)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemoryKiB, hashPasses, hashThreads, b64(salt), b64(key)), nil
}

// matches compares in constant time.
func (h *hashed) matches(password string) bool {
	key := argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.threads, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}

// parseHash reads what hash wrote. Internal if it is damaged.
func parseHash(s string) (*hashed, error) {
	parts := strings.Split(s, "$")
	damaged := fault.New(fault.Internal, "stored password: unknown form")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, damaged
	}
	h := &hashed{}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); err != nil {
		return nil, damaged
	}
	var errSalt, errKey error
	h.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, errKey = base64.RawStdEncoding.DecodeString(parts[5])
	fine := errSalt == nil && errKey == nil && len(h.key) >= saltBytes && len(h.key) <= keyMaxBytes &&
		h.memory > 0 && h.memory <= memoryMaxKiB && h.passes > 0 && h.passes <= passesMax && h.threads > 0
	if !fine {
		return nil, damaged
	}
	return h, nil
}
