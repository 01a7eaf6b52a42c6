//go:build !race

package outbox_test

// many is how many messages go through each kind of fault.
const many = 200
