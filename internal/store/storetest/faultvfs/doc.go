// Package faultvfs is a disk in memory that breaks on purpose: a virtual file
// system for SQLite on which a power cut, a failing operation, a full disk or a
// flipped bit happens exactly where a test says.
//
// # What it promises
//
// A [Disk] keeps every file twice: as the running program sees it and as it
// would be found after a power cut. A write, a truncation, a created or deleted
// name is first known to the program only; a sync makes it durable. [Disk.Cut]
// decides, from the seed, what became of everything that was not yet synced:
// kept, lost or torn, each change on its own and across files in any order.
// Nothing that a sync has acknowledged is ever lost by a cut. Which fate a
// change meets depends on the seed, the generation and the order of operations
// only (SQLite's own random WAL salts change the bytes, not the fates).
//
// # What a cut does, and why SQLite owes us to survive it
//
//   - A write is cut into sectors of 512 bytes at file offsets. A torn write
//     leaves a prefix of its bytes, or any subset of its sectors, and a sector
//     itself may be written from one end only: linear, never in the middle.
//     sqlite.org/atomiccommit.html, "Hardware Assumptions": a sector write is
//     linear but not atomic, and writes may be reordered up to the next sync.
//   - Bytes outside the written range never change, because the disk reports
//     SQLITE_IOCAP_POWERSAFE_OVERWRITE as the production file system does:
//     sqlite.org/psow.html, sqlite.org/c3ref/c_iocap_atomic.html. The reported
//     sector size is 4,096 bytes, again as in production. SUBPAGE_READ is
//     reported and switched off by the checksum layer; BATCH_ATOMIC, SAFE_APPEND,
//     SEQUENTIAL and the ATOMIC flags are never reported and never true.
//   - With [Model.GarbageSectors] a sector of 4,096 bytes that was being written
//     may come back as noise, neighbours included; POWERSAFE_OVERWRITE is then
//     not reported and SQLite pads its log. This holds for page sizes of at
//     least one sector. [Model.ClaimPowersafe] reports it nevertheless: a disk
//     that lies, for tests of the tests.
//   - A length change that was not synced is kept or lost; a gap left by a lost
//     write reads as zeros.
//   - Names are durable when the directory is synced: at the first sync of a
//     journal or log opened for creation, or at a deletion that asks for it.
//     [Model.NoDirSync] leaves the first of the two out.
//   - A failed sync leaves everything not durable. With [Model.ForgetfulSync]
//     it decides the fate of the data at once and later syncs say yes without
//     having stored them, as Linux does after a failed write-back (Rebello et
//     al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
//
// What SQLite itself promises for these: sqlite.org/wal.html and
// sqlite.org/pragma.html#pragma_synchronous. WAL with synchronous=FULL loses
// nothing, NORMAL may lose the last transactions, OFF may lose or destroy all.
//
// # Page checksums
//
// The driver wraps every main database file, of every VFS, in its checksum
// layer by itself; this package adds nothing. The layer is active when byte 20
// of the database header is 8 (Conn.EnableChecksums on an empty database). It
// knows whole pages of the database file only. Not covered: the log, where
// SQLite checks its own sums once, at recovery, and treats the first bad frame
// as the end of the log (while the program runs, it serves the frame as it is);
// and byte 20 itself, so that a program must read back
// "PRAGMA checksum_verification" = 1 on each connection and refuse otherwise.
//
// # Use
//
//	disk, err := faultvfs.New(seed, t.TempDir())
//	disk.Register()
//	err = disk.SetPlan(faultvfs.CutAt(n))        // before opening: recovery may be hit too
//	writer, err := sql.Open("sqlite3", disk.DSN("x.db", "_txlock=immediate", ...))
//	readers, err := sql.Open("sqlite3", disk.DSN("x.db", "mode=ro", ...))
//	...                                          // work until the first error
//	err = disk.Unreached()                       // refuse a run in which nothing broke
//	disk.Cut()                                   // power off and on again
//	writer.Close(); readers.Close()              // the dead program's pools
//	...                                          // open again, compare with the ledger
//	disk.Unregister()                            // after the last connection is closed
//
// # Generations
//
// [Disk.Cut], [Disk.Restart] and [Disk.Restore] begin the next generation. A
// handle of an older one, or any handle after a planned cut has struck, returns
// errors only. Call Cut first and close the old connection pools afterwards:
// closing first is an orderly shutdown with a checkpoint, not a power cut.
//
// # What it never does
//
// It touches no real file but the WAL index (see [ShmDir]). Temporary files
// live in memory, are not counted and never fail. It never reads the clock.
// Every method is safe for use by several goroutines.
package faultvfs
