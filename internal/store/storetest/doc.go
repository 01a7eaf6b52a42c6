// Package storetest proves what store and committer promise about durability, on
// a disk that breaks on purpose (faultvfs): power cuts, failing operations, a
// full disk, flipped bits, and commands that the database refuses.
//
// A ledger outside the program remembers what was acknowledged. After each fault
// the program is started again on the same disk, and everything in the ledger
// must be there, nothing twice, nothing half. The tests print what they have
// broken and refuse a run that has broken too little; `make bugs` shows that each
// of them notices the bug planted for it. Apply founds a sale for the tests of other
// rooms; the product does not import this room.
package storetest
