package ident

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"io"
	"sync"
	"time"

	"einlass/internal/fault"
)

// SecretBytes is the size of every secret key: 256 bits.
const SecretBytes = 32

// Secret is key material. It is created once, lies in the database with a key
// id and never leaves the process.
type Secret [SecretBytes]byte

// NewSecret draws a secret from r.
func NewSecret(r io.Reader) (Secret, error) {
	var s Secret
	if _, err := io.ReadFull(r, s[:]); err != nil {
		return Secret{}, fault.New(fault.Unavailable, "draw a secret: %w", err)
	}
	return s, nil
}

// MAC is HMAC-SHA-256 (RFC 2104) over a purpose and fields, each preceded by its
// length, so that no two different lists of fields have the same bytes.
func (s Secret) MAC(purpose string, fields ...[]byte) [sha256.Size]byte {
	hashes := keyedBy(s)
	h := hashes.Get().(hash.Hash)
	defer hashes.Put(h)
	h.Reset()
	writeField(h, []byte(purpose))
	for _, f := range fields {
		writeField(h, f)
	}
	var out [sha256.Size]byte
	h.Sum(out[:0])
	return out
}

// keyed are hashes that have a secret's two blocks behind them and are used again: without
// that, half the work of a MAC is the key's. A process has its secret and a few that are
// derived from it.
var keyed = struct {
	mu     sync.RWMutex // guards the map
	hashes map[Secret]*sync.Pool
}{hashes: make(map[Secret]*sync.Pool)}

func keyedBy(s Secret) *sync.Pool {
	keyed.mu.RLock()
	p := keyed.hashes[s]
	keyed.mu.RUnlock()
	if p != nil {
		return p
	}
	keyed.mu.Lock()
	defer keyed.mu.Unlock()
	if p = keyed.hashes[s]; p == nil {
		p = &sync.Pool{New: func() any { return hmac.New(sha256.New, s[:]) }}
		keyed.hashes[s] = p
	}
	return p
}

// Name is a keyed name for (purpose, of, fields) that lies beside of on disk: the
// same arguments give the same ID.
func (s Secret) Name(purpose string, of ID, fields ...[]byte) ID {
	sum := s.MAC(purpose, append([][]byte{of[:]}, fields...)...)
	copy(of[idTimeBytes:], sum[:])
	return of
}

// Digest is a MAC cut to a Digest: only who has the secret can tell from it what
// the fields were.
func (s Secret) Digest(purpose string, fields ...[]byte) Digest {
	sum := s.MAC(purpose, fields...)
	return Digest(sum[:DigestBytes])
}

// Derive makes an independent secret for another purpose, so that a token of
// one kind can never be shown as a token of another.
func (s Secret) Derive(purpose string) Secret { return Secret(s.MAC("derive", []byte(purpose))) }

func writeField(w io.Writer, f []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(f)))
	w.Write(n[:]) //nolint:errcheck // hash.Hash never returns an error (package hash)
	w.Write(f)    //nolint:errcheck // as above
}

// tokenTimeBytes is the expiry in front of a sealed body: unix seconds.
const tokenTimeBytes = 8

// Seal encrypts and signs body for one purpose until a time (AES-256-GCM with a
// nonce from r): the browser carries it, but can neither read nor change it.
func (s Secret) Seal(r io.Reader, purpose string, until time.Time, body []byte) (string, error) {
	aead, err := s.aead(purpose)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+tokenTimeBytes+len(body)+aead.Overhead())
	if _, err := io.ReadFull(r, nonce); err != nil {
		return "", fault.New(fault.Unavailable, "draw a nonce: %w", err)
	}
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, tokenTimeBytes+len(body)), uint64(until.Unix()))
	plain = append(plain, body...)
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, nil)), nil
}

// Open reads what Seal made. Forbidden if it is not ours, was made for another
// purpose, was changed, or its time is over.
func (s Secret) Open(purpose, token string, now time.Time) ([]byte, error) {
	aead, err := s.aead(purpose)
	if err != nil {
		return nil, err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, fault.New(fault.Forbidden, "%s token: not a token", purpose)
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], nil)
	if err != nil || len(plain) < tokenTimeBytes {
		return nil, fault.New(fault.Forbidden, "%s token: not ours", purpose)
	}
	if now.Unix() > int64(binary.BigEndian.Uint64(plain)) {
		return nil, fault.New(fault.Forbidden, "%s token: its time is over", purpose)
	}
	return plain[tokenTimeBytes:], nil
}

func (s Secret) aead(purpose string) (cipher.AEAD, error) {
	key := s.MAC("seal", []byte(purpose))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fault.New(fault.Internal, "aes: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fault.New(fault.Internal, "gcm: %w", err)
	}
	return aead, nil
}
