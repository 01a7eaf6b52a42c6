package sink

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"einlass/internal/fault"
)

// Limits of a message that is opened. Ours have five parts, two deep.
const (
	partsMax = 50 // of one message
	depthMax = 5  // parts within parts
)

// Opened is a message as a person reads it. What it does not have is empty.
type Opened struct {
	Subject, From, To, Date string
	Text, HTML, Calendar    string
	Image                   []byte // the first picture: our code
	ImageType               string
	Code                    string // the first booking code in the text

	pictures map[string]string // Content-ID → picture as an address of its own
	parts    int
}

// pictureTypes are what a mail program would draw without asking.
var pictureTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true}

// bookingCode is how a booking code is written in a letter.
var bookingCode = regexp.MustCompile(`\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b`)

// Open takes a message apart. Invalid if it is none, or has more parts than any
// letter of ours.
func (m *Message) Open() (*Opened, error) {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return nil, fault.New(fault.Invalid, "not a message: %w", err)
	}
	h := parsed.Header
	o := &Opened{
		Subject: decoded(h.Get("Subject")), From: decoded(h.Get("From")), To: decoded(h.Get("To")), Date: h.Get("Date"),
		pictures: make(map[string]string),
	}
	if err := o.part(h.Get, parsed.Body, 0); err != nil {
		return nil, err
	}
	o.Code = bookingCode.FindString(o.Text)
	return o, nil
}

// Subject is the message's subject, or its raw form if it cannot be read.
func (m *Message) Subject() string {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return ""
	}
	return decoded(parsed.Header.Get("Subject"))
}

func decoded(header string) string {
	if s, err := new(mime.WordDecoder).DecodeHeader(header); err == nil {
		return s
	}
	return header
}

// part takes one part in, and those within it.
func (o *Opened) part(get func(string) string, body io.Reader, depth int) error {
	if o.parts++; o.parts > partsMax || depth > depthMax {
		return fault.New(fault.Invalid, "more than %d parts, or more than %d deep", partsMax, depthMax)
	}
	kind, params, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045 §5.2
	}
	if strings.HasPrefix(kind, "multipart/") {
		return o.within(multipart.NewReader(body, params["boundary"]), depth)
	}
	switch strings.ToLower(get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(io.LimitReader(body, messageBytesMax))
	if err != nil {
		return fault.New(fault.Invalid, "a part of kind %s: %w", kind, err)
	}
	o.keep(kind, strings.Trim(get("Content-Id"), "<>"), content)
	return nil
}

func (o *Opened) within(r *multipart.Reader, depth int) error {
	for {
		p, err := r.NextPart()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fault.New(fault.Invalid, "parts: %w", err)
		}
		if err := o.part(p.Header.Get, p, depth+1); err != nil {
			return err
		}
	}
}

// keep notes the first part of each kind.
func (o *Opened) keep(kind, id string, content []byte) {
	text := func(to *string) {
		if *to == "" {
			*to = strings.ToValidUTF8(string(content), "\uFFFD")
		}
	}
	switch {
	case kind == "text/plain":
		text(&o.Text)
	case kind == "text/html":
		text(&o.HTML)
	case kind == "text/calendar":
		text(&o.Calendar)
	case pictureTypes[kind]:
		if o.Image == nil {
			o.Image, o.ImageType = content, kind
		}
		if id != "" {
			o.pictures[id] = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(content)
		}
	}
}

// Page is the HTML part as a page that loads nothing: its pictures are within it,
// and its links open beside it.
func (o *Opened) Page() string {
	page := strings.Replace(o.HTML, "<head>", `<head><base target="_blank">`, 1)
	for id, picture := range o.pictures {
		page = strings.ReplaceAll(page, "cid:"+id, picture)
	}
	return page
}

// Fact is one line of a calendar entry.
type Fact struct{ Name, Value string }

// Facts are the lines of the calendar part with the names given, unfolded
// (RFC 5545 §3.1) and unescaped (§3.3.11).
func (o *Opened) Facts(names ...string) []Fact {
	var out []Fact
	unfold := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "")
	unescape := strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)
	for line := range strings.Lines(unfold.Replace(o.Calendar)) {
		head, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		name, _, _ := strings.Cut(head, ";")
		if slices.Contains(names, name) {
			out = append(out, Fact{name, unescape.Replace(value)})
		}
	}
	return out
}
