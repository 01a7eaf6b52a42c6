// Command drivers measures what one durable booking costs in CPU through the
// SQLite drivers Go has, so that ADR 1 rests on figures taken side by side.
//
// It is a module of its own: a driver that was measured and rejected is never
// linked into the product. The program promises that every figure comes from a
// write-ahead log with synchronous=FULL on a real file, both read back from the
// connection that was measured; it refuses to run otherwise.
//
//	go run .                                  the drivers that need no C compiler
//	go run -tags mattn -ldflags '-X github.com/mattn/go-sqlite3.driverName=mattn' .
//
// The second form adds the cgo driver as a reference. It must be renamed because
// two of the drivers register themselves under the same name.
package main
