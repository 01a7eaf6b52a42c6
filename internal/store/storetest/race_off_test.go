//go:build !race

package storetest

const slowdown = 1
