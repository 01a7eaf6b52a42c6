// Package paper makes what a person takes away from a booking: the calendar
// file, the QR code and the booking code in words for reading it aloud.
//
// It promises that the same input gives the same bytes, that every file it
// writes is read by strict readers (RFC 5545, ISO/IEC 18004), and that text
// typed by people can never break out of its field. It never looks at a clock,
// a file or the network: the time of writing comes in as a value.
package paper

import "errors"

// Errors of this room. Each is wrapped with the field it is about; test with
// errors.Is.
var (
	// ErrAppointment says that an appointment cannot be written as a calendar
	// file: a field is missing, too long or not in the form it needs.
	ErrAppointment = errors.New("appointment cannot be written as a calendar file")
	// ErrQRContent says that a content cannot become a QR code: it is empty, too
	// long, not UTF-8, or the picture asked for is too small or too large.
	ErrQRContent = errors.New("content cannot become a QR code")
)
