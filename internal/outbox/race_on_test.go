//go:build race

package outbox_test

// many is smaller under the race detector, which makes letters ten times as
// costly to write.
const many = 50
