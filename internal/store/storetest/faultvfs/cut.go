package faultvfs

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

const (
	sectorBytes  = 512   // what a torn write is torn into
	deviceSector = 4_096 // what is reported, and what turns to garbage
)

// entry is one unsynced change of the directory: a creation, or a deletion
// when the node is nil.
type entry struct {
	seq  uint64
	name string
	node *inode
}

// fate is what a power cut does to one unsynced change.
type fate uint8

const (
	keep fate = iota
	lose
	tear
)

// Cut takes the power away and gives it back: what was synced is there, what
// was not met its fate, and the next generation begins without a plan. Handles
// of the old generation return errors from now on.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.dead {
		d.stats.Plugs++
	}
	d.settle(rand.New(rand.NewPCG(d.seed, firstCutStream+d.generation)))
	d.nextGeneration()
}

// Restart ends the program but not the power: everything written is still
// there, and what was not synced still is not.
func (d *Disk) Restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Restarts++
	d.nextGeneration()
}

// nextGeneration makes all handles, locks and WAL indexes void. d.mu is held.
func (d *Disk) nextGeneration() {
	d.generation++
	d.dead = false
	d.setPlan(Plan{})
	d.dropShm()
	for _, n := range d.nodes {
		n.locks, n.handles = locks{}, 0
	}
	d.sweep()
}

// sweep forgets files that no name and no handle leads to. d.mu is held.
func (d *Disk) sweep() {
	reachable := make(map[*inode]bool, len(d.names)+len(d.kept))
	for _, n := range d.names {
		reachable[n] = true
	}
	for _, n := range d.kept {
		reachable[n] = true
	}
	for _, e := range d.entries {
		reachable[e.node] = true
	}
	d.nodes = slices.DeleteFunc(d.nodes, func(n *inode) bool {
		return n.handles == 0 && !reachable[n]
	})
}

// settle decides the fate of every unsynced change, in the order they were
// made. d.mu is held.
func (d *Disk) settle(rng *rand.Rand) {
	type unsynced struct {
		seq  uint64
		node *inode
		at   int // in node.pending, or in d.entries when node is nil
	}
	var all []unsynced
	for _, n := range d.nodes {
		for i, c := range n.pending {
			all = append(all, unsynced{c.seq, n, i})
		}
	}
	for i, e := range d.entries {
		all = append(all, unsynced{e.seq, nil, i})
	}
	slices.SortFunc(all, func(a, b unsynced) int { return cmp.Compare(a.seq, b.seq) })
	m := newMood(len(all), rng)
	for rank, u := range all {
		f := m.fate(rank, rng)
		if u.node == nil {
			d.settleEntry(d.entries[u.at], f, rng)
		} else {
			d.settleChange(u.node, u.node.pending[u.at], f, rng)
		}
	}
	d.afterCut()
}

// afterCut shows the program what the disk now holds. d.mu is held.
func (d *Disk) afterCut() {
	for _, n := range d.nodes {
		n.reload()
		n.forget()
	}
	d.entries = d.entries[:0]
	clear(d.names)
	for name, n := range d.kept {
		d.names[name] = n
	}
}

// settleEntry keeps or loses one change of the directory. d.mu is held.
func (d *Disk) settleEntry(e entry, f fate, rng *rand.Rand) {
	if f == lose || (f == tear && rng.IntN(2) == 0) {
		d.stats.LostNames++
		return
	}
	d.stats.KeptNames++
	d.keepEntry(e)
}

// keepEntry makes one change of the directory durable. d.mu is held.
func (d *Disk) keepEntry(e entry) {
	if e.node == nil {
		delete(d.kept, e.name)
		return
	}
	d.kept[e.name] = e.node
}

// syncDir makes all names durable. d.mu is held.
func (d *Disk) syncDir() {
	for _, e := range d.entries {
		d.keepEntry(e)
	}
	d.entries = d.entries[:0]
}

// settleChange keeps, loses or tears one unsynced write or truncation. d.mu is held.
func (d *Disk) settleChange(n *inode, c change, f fate, rng *rand.Rand) {
	if c.truncate {
		if f == lose || (f == tear && rng.IntN(2) == 0) {
			d.stats.LostLengths++
			return
		}
		d.stats.KeptLengths++
		n.apply(c)
		return
	}
	switch f {
	case keep:
		d.stats.KeptWrites++
		n.apply(c)
		return
	case lose:
		d.stats.LostWrites++
	case tear:
		d.stats.TornWrites++
		n.tear(c, rng)
	}
	if d.model.GarbageSectors {
		d.stats.GarbageSectors += n.spoil(c, rng)
	}
}

// tear makes part of a write durable: a prefix of its bytes or some of its sectors.
func (n *inode) tear(c change, rng *rand.Rand) {
	data := n.data(c)
	if rng.IntN(2) == 0 {
		n.durable = put(n.durable, data[:rng.IntN(len(data))], c.off)
		return
	}
	for len(data) > 0 {
		part := min(int64(len(data)), sectorBytes-c.off%sectorBytes)
		n.tearSector(data[:part], c.off, rng)
		data, c.off = data[part:], c.off+part
	}
}

// tearSector keeps or loses one sector of a torn write, and now and then only
// the part of it up to or from some byte.
func (n *inode) tearSector(p []byte, off int64, rng *rand.Rand) {
	at := rng.IntN(len(p))
	switch rng.IntN(8) {
	case 0, 1, 2:
		n.durable = put(n.durable, p, off)
	case 3:
		n.durable = put(n.durable, p[:at], off)
	case 4:
		n.durable = put(n.durable, p[at:], off+int64(at))
	}
}

// spoil turns about half of the device sectors of a write to noise, as far as
// the durable file goes, and returns how many.
func (n *inode) spoil(c change, rng *rand.Rand) (spoiled int) {
	end := min(c.off+int64(c.to-c.from), int64(len(n.durable)))
	for off := c.off - c.off%deviceSector; off < end; off += deviceSector {
		if rng.IntN(2) == 0 {
			continue
		}
		sector := n.durable[off:min(off+deviceSector, int64(len(n.durable)))]
		for i := range sector {
			sector[i] = byte(rng.Uint32())
		}
		spoiled++
		n.stale = true
	}
	return spoiled
}

// mood is how one power cut treats the unsynced changes as a whole, so that
// rare extremes come up as often as mixtures.
type mood struct {
	kind     moodKind
	boundary int     // ordered: the change at which the disk stopped
	keep     float64 // mixed: the share kept
}

type moodKind uint8

const (
	moodMixed   moodKind = iota // each on its own, any order
	moodOrdered                 // all up to one, that one torn, none after
	moodAll                     // everything had reached the disk
	moodNone                    // nothing had
)

// newMood draws the mood of a cut with n unsynced changes.
func newMood(n int, rng *rand.Rand) mood {
	m := mood{keep: rng.Float64(), boundary: rng.IntN(n + 1)}
	switch rng.IntN(8) {
	case 0:
		m.kind = moodAll
	case 1:
		m.kind = moodNone
	case 2, 3:
		m.kind = moodOrdered
	}
	return m
}

// fate draws what becomes of the change of the given rank.
func (m mood) fate(rank int, rng *rand.Rand) fate {
	switch m.kind {
	case moodAll:
		return keep
	case moodNone:
		return lose
	case moodOrdered:
		return [...]fate{lose, tear, keep}[1+cmp.Compare(m.boundary, rank)]
	case moodMixed:
	}
	if rng.Float64() < m.keep {
		return keep
	}
	return lose + fate(rng.IntN(2))
}
