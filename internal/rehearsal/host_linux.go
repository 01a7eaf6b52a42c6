package rehearsal

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// loopbackIsWide: all of 127.0.0.0/8 answers, so a crowd can come from several addresses.
const loopbackIsWide = true

// latePort lets the kernel choose the source port when connecting, by the whole
// pair of addresses, instead of when binding: ports just used can be used again.
func latePort(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
