//go:build !linux

package rehearsal

import "syscall"

// loopbackIsWide is false where only 127.0.0.1 is configured by default.
const loopbackIsWide = false

func latePort(_, _ string, _ syscall.RawConn) error { return nil }
