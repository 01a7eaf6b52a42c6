//go:build !race

package faultvfs_test

// slowdown is by how much counts are divided: not at all.
const slowdown = 1
