package faultvfs

// inode is one file: its bytes now, its bytes after a power cut, and the
// changes between the two. Guarded by the mutex of its Disk.
type inode struct {
	id      int
	name    string // under which it was created
	temp    bool   // no name, never durable, never counted
	live    []byte
	durable []byte
	pending []change
	bytes   []byte // what the pending writes wrote, one after the other
	stale   bool   // live and durable differ beyond what pending says
	locks   locks
	handles int // open in this generation
}

// change is one unsynced write or truncation.
type change struct {
	seq      uint64
	truncate bool
	off      int64 // of a write; the new size for a truncation
	from, to int   // a write's data in inode.bytes
}

// resize returns b with n bytes; new ones are zero even in recycled memory.
func resize(b []byte, n int64) []byte {
	old := int64(len(b))
	switch {
	case n <= old:
		return b[:n]
	case n <= int64(cap(b)):
		b = b[:n]
		clear(b[old:])
		return b
	}
	return append(b, make([]byte, n-old)...)
}

// put returns b with p written at off, grown where needed.
func put(b, p []byte, off int64) []byte {
	if end := off + int64(len(p)); end > int64(len(b)) {
		b = resize(b, end)
	}
	copy(b[off:], p)
	return b
}

// write shows p to the program and remembers it as unsynced.
func (n *inode) write(seq uint64, p []byte, off int64) {
	n.live = put(n.live, p, off)
	if n.temp || len(p) == 0 {
		return
	}
	from := len(n.bytes)
	n.bytes = append(n.bytes, p...)
	n.pending = append(n.pending, change{seq: seq, off: off, from: from, to: len(n.bytes)})
}

// truncate sets the length for the program and remembers it as unsynced.
func (n *inode) truncate(seq uint64, size int64) {
	n.live = resize(n.live, size)
	if n.temp {
		return
	}
	n.pending = append(n.pending, change{seq: seq, truncate: true, off: size})
}

// data returns what a pending write wrote.
func (n *inode) data(c change) []byte { return n.bytes[c.from:c.to] }

// apply makes one change durable in full.
func (n *inode) apply(c change) {
	if c.truncate {
		n.durable = resize(n.durable, c.off)
		return
	}
	n.durable = put(n.durable, n.data(c), c.off)
}

// flush makes all pending changes durable, in their order.
func (n *inode) flush() {
	for _, c := range n.pending {
		n.apply(c)
	}
	n.forget()
}

// forget drops the pending changes, whatever became of them.
func (n *inode) forget() {
	n.pending = n.pending[:0]
	n.bytes = n.bytes[:0]
}

// reload shows the program the durable bytes after a power cut. Only ranges a
// pending write touched can differ, unless the length was changed in between.
func (n *inode) reload() {
	whole := n.stale
	for _, c := range n.pending {
		whole = whole || c.truncate
	}
	n.live = resize(n.live, int64(len(n.durable)))
	if whole {
		copy(n.live, n.durable)
		n.stale = false
		return
	}
	for _, c := range n.pending {
		from := min(c.off, int64(len(n.durable)))
		to := min(c.off+int64(c.to-c.from), int64(len(n.durable)))
		copy(n.live[from:to], n.durable[from:to])
	}
}
