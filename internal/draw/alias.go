// Package draw turns a log of entries into an order that nobody could choose and
// everybody can recompute.
package draw

// AliasBytes is the length of an alias: 128 random bits.
const AliasBytes = 16

// Alias is all that is published of an entry: a random name that says nothing about
// anybody and opens nothing.
type Alias [AliasBytes]byte

// SeedBytes is the length of a seed.
const SeedBytes = 32

// Seed is the operator's secret part of a draw. Its digest is published when the room
// opens, the seed itself after the draw.
type Seed [SeedBytes]byte
