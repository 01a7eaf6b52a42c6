package app

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// One machine of an office that has gone wild gets the office's share of the staff's
// door, and every other office is let in.
func TestOneAddressDoesNotFillTheStaffsDoor(t *testing.T) {
	s := serve(t, database(t, 1, 3), anyPorts(), Clock{})
	for i := range staffPerAddress + 50 {
		c, err := dialFrom("127.0.0.23", s.staff.door.Addr().String())
		if err != nil {
			continue // refused so early that not even the dial came through
		}
		defer c.Close()
		if i == staffPerAddress {
			if alive(c, time.Second) {
				t.Errorf("connection %d from one address was let in", i+1)
			}
		}
	}
	if n := s.staff.door.open(); n > staffPerAddress {
		t.Errorf("%d inside from one address, want at most %d", n, staffPerAddress)
	}
	if err := askFrom("127.0.0.24", s.StaffURL()+"/login", time.Second); err != nil {
		t.Error(err)
	}
}

// certificate writes a certificate for this machine and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	pair := s.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// Room is counted by the connection, so one that carries many requests at once
// carries only so many.
func TestStreamsOfOneConnectionAreBounded(t *testing.T) {
	cfg := anyPorts()
	cfg.TLSCert, cfg.TLSKey = certificate(t)
	s := serve(t, database(t, 1, 3), cfg, Clock{})
	for _, side := range []*side{s.public, s.staff} {
		c, err := tls.Dial("tcp", side.door.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := fmt.Fprint(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 9)
		if _, err := io.ReadFull(c, head); err != nil || head[3] != 4 {
			t.Fatalf("%s: %v, not SETTINGS: %v", side.name, err, head)
		}
		settings := make([]byte, int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(c, settings); err != nil {
			t.Fatal(err)
		}
		told := map[uint16]uint32{} // RFC 9113 6.5.2
		for one := range slices.Chunk(settings, 6) {
			told[binary.BigEndian.Uint16(one)] = binary.BigEndian.Uint32(one[2:])
		}
		if told[3] != streamsMax || told[4] != streamBytes {
			t.Errorf("%s: settings %v, want %d streams of %d bytes", side.name, told, streamsMax, streamBytes)
		}
	}
}
