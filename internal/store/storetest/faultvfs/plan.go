package faultvfs

import (
	"errors"
	"fmt"
)

// Op is a set of kinds of operation at which a fault can strike.
type Op uint8

// The kinds of operation, as SQLite asks the file system for them.
const (
	OpRead Op = 1 << iota
	OpWrite
	OpSync
	OpTruncate
	OpCreate
	OpDelete
)

// OpChange is every operation that changes the disk or makes a change durable:
// the moments at which a power cut differs from the moment before.
const OpChange = OpWrite | OpSync | OpTruncate | OpCreate | OpDelete

const (
	opKinds = 6
	opAll   = OpChange | OpRead
)

// Fault is what a Plan lets happen.
type Fault uint8

// The faults.
const (
	NoFault  Fault = iota
	PowerCut       // the operation fails and everything after it, until Cut
	IOError        // the operation fails, the disk goes on
	DiskFull       // no file grows beyond the budget; SQLITE_FULL
)

// String names the fault for messages of tests.
func (f Fault) String() string {
	switch f {
	case NoFault:
		return "no fault"
	case PowerCut:
		return "power cut"
	case IOError:
		return "I/O error"
	case DiskFull:
		return "disk full"
	}
	return fmt.Sprintf("fault %d", uint8(f))
}

// Plan says which fault strikes and where. The functions CutAt, FailAt, FailFrom
// and FullAt write the usual ones; the zero Plan is a healthy disk.
type Plan struct {
	Fault  Fault
	On     Op     // which operations are counted
	File   string // if set, only operations on this file, e.g. "einlass.db-wal"
	At     int    // strikes at the At-th counted operation after SetPlan, from 1
	Sticky bool   // IOError only: and at each counted one after that
	Budget int64  // DiskFull only: bytes all files together may have
}

// CutAt cuts the power in the middle of the n-th changing operation.
func CutAt(n int) Plan { return Plan{Fault: PowerCut, On: OpChange, At: n} }

// FailAt lets the n-th operation of the given kinds fail once.
func FailAt(on Op, n int) Plan { return Plan{Fault: IOError, On: on, At: n} }

// FailFrom lets the n-th operation of the given kinds and all later ones fail.
func FailFrom(on Op, n int) Plan { return Plan{Fault: IOError, On: on, At: n, Sticky: true} }

// FullAt lets all files together have at most budget bytes.
func FullAt(budget int64) Plan { return Plan{Fault: DiskFull, Budget: budget} }

// check refuses a plan that could never strike or says two things at once.
func (p Plan) check() error {
	switch p.Fault {
	case NoFault:
		if p != (Plan{}) {
			return errors.New("faultvfs: a plan without a fault has nothing else to say")
		}
		return nil
	case DiskFull:
		if p.Budget < 0 || p != FullAt(p.Budget) {
			return errors.New("faultvfs: disk full takes a budget of at least 0 bytes and nothing else")
		}
		return nil
	case PowerCut, IOError:
		return p.checkPoint()
	}
	return fmt.Errorf("faultvfs: unknown %v", p.Fault)
}

// checkPoint refuses a plan whose point names no operation.
func (p Plan) checkPoint() error {
	switch {
	case p.On == 0 || p.On&^opAll != 0:
		return fmt.Errorf("faultvfs: %v on an empty or unknown set of operations %#x", p.Fault, uint8(p.On))
	case p.At < 1:
		return fmt.Errorf("faultvfs: %v at operation %d, they are counted from 1", p.Fault, p.At)
	case p.Budget != 0:
		return fmt.Errorf("faultvfs: %v takes no budget", p.Fault)
	case p.Sticky && p.Fault != IOError:
		return fmt.Errorf("faultvfs: %v is for good by itself", p.Fault)
	}
	return nil
}
