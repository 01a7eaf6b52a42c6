package faultvfs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

const bitsPerByte = 8

// FlipBit turns over one bit of a file, counted from 0 at the lowest bit of the
// first byte, on the disk and in what the program reads next. Flipping it again
// repairs it. Connections keep pages in memory: open new ones to see the damage.
func (d *Disk) FlipBit(file string, bit int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flipBit(file, bit)
}

// flipBit is FlipBit with d.mu held.
func (d *Disk) flipBit(file string, bit int64) error {
	n, exists := d.names[file]
	if !exists {
		return fmt.Errorf("faultvfs: no file %q to flip a bit of", file)
	}
	at, mask := bit/bitsPerByte, byte(1)<<(bit%bitsPerByte)
	if bit < 0 || at >= int64(len(n.live)) || at >= int64(len(n.durable)) {
		return fmt.Errorf("faultvfs: bit %d of %q is not on the disk", bit, file)
	}
	n.live[at] ^= mask
	n.durable[at] ^= mask
	d.stats.FlippedBits++
	return nil
}

// FlipRandomBit turns over one bit drawn from the seed among all durable bytes
// of the named files, or of all files if none is named, and says which.
func (d *Disk) FlipRandomBit(files ...string) (file string, bit int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(files) == 0 {
		files = slices.Sorted(maps.Keys(d.names))
	}
	var total int64
	for _, name := range files {
		total += d.solid(name)
	}
	if total == 0 {
		return "", 0, errors.New("faultvfs: nothing durable to flip a bit of")
	}
	at := d.flip.Int64N(total)
	for _, file = range files {
		if at < d.solid(file) {
			break
		}
		at -= d.solid(file)
	}
	bit = at*bitsPerByte + d.flip.Int64N(bitsPerByte)
	return file, bit, d.flipBit(file, bit)
}

// solid is how many bytes of a file are both seen and durable. d.mu is held.
func (d *Disk) solid(name string) int64 {
	n, exists := d.names[name]
	if !exists {
		return 0
	}
	return int64(min(len(n.live), len(n.durable)))
}

// Size returns the length of a file as the program sees it, in bytes.
func (d *Disk) Size(file string) (size int64, exists bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, exists := d.names[file]
	if !exists {
		return 0, false
	}
	return int64(len(n.live)), true
}

// Image is a copy of all files.
type Image map[string][]byte

// Snapshot copies all files as the program sees them.
func (d *Disk) Snapshot() Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	image := Image{}
	for name, n := range d.names {
		image[name] = slices.Clone(n.live)
	}
	return image
}

// Restore replaces everything by a copy of the image, all of it durable, and
// begins the next generation.
func (d *Disk) Restore(image Image) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.names)
	clear(d.kept)
	d.entries = d.entries[:0]
	for _, name := range slices.Sorted(maps.Keys(image)) {
		n := d.newInode(name, false)
		n.live, n.durable = slices.Clone(image[name]), slices.Clone(image[name])
		d.names[name], d.kept[name] = n, n
	}
	d.nextGeneration()
}
