package draw

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"time"

	"einlass/internal/fault"
)

// format is the version of the published files.
const format = "einlass draw 1"

// wireRoom is room.json. Every value is text or a whole number: simple to read in any
// language.
type wireRoom struct {
	Format     string      `json:"format"`
	Sale       string      `json:"sale"`
	Rules      int         `json:"rules"`
	Opened     string      `json:"opened"`
	Commitment string      `json:"commitment"`
	HeadsKey   string      `json:"heads_key"`
	Terms      []wireTerms `json:"terms"`
	Draw       *wireDrawn  `json:"draw"`
}

type wireTerms struct {
	Since  string `json:"since"`
	Opens  string `json:"opens"`
	Source Source `json:"source"`
	From   string `json:"from"`
	Round  uint64 `json:"round"`
	Until  string `json:"until"`
}

type wireDrawn struct {
	FrozenAt string     `json:"frozen_at"`
	Frozen   uint32     `json:"frozen"`
	LogHash  string     `json:"log_hash"`
	DrawnAt  string     `json:"drawn_at"`
	Seed     string     `json:"seed"`
	Beacon   wireBeacon `json:"beacon"`
	Key      string     `json:"key"`
	Entries  uint32     `json:"entries"`
}

type wireBeacon struct {
	Source    Source `json:"source"`
	Text      string `json:"text"`
	Round     uint64 `json:"round"`
	Signature string `json:"signature"`
}

// WriteNotice writes room.json.
func WriteNotice(w io.Writer, n Notice) error {
	out := wireRoom{
		Format: format, Sale: n.Sale, Rules: n.Rules, Opened: timeText(n.Opened),
		Commitment: hex.EncodeToString(n.Commitment[:]), HeadsKey: hex.EncodeToString(n.HeadsKey[:]),
		Terms: make([]wireTerms, len(n.Terms)),
	}
	for i, t := range n.Terms {
		out.Terms[i] = wireTerms{timeText(t.Since), timeText(t.Opens), t.Rule.Source, t.Rule.From, t.Rule.Round, timeText(t.Rule.Until)}
	}
	if d := n.Drawn; d != nil {
		b := wireBeacon{cmp.Or(d.Beacon.Source, None), d.Beacon.Text, d.Beacon.Round, hex.EncodeToString(d.Beacon.Signature)}
		out.Draw = &wireDrawn{
			timeText(d.FrozenAt), d.Frozen, hex.EncodeToString(d.LogHash[:]), timeText(d.DrawnAt),
			hex.EncodeToString(d.Seed[:]), b, hex.EncodeToString(d.Key[:]), d.Entries,
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fault.New(fault.Unavailable, "write %s: %w", FileRoom, err)
	}
	return nil
}

// ReadNotice reads room.json. Only the text that WriteNotice would write is accepted: a
// field twice, in another case or unknown could be read in two ways. Invalid if it is
// something else, Unavailable if it cannot be read.
func ReadNotice(r io.Reader) (Notice, error) {
	text, err := io.ReadAll(io.LimitReader(r, roomMax+1))
	if err != nil {
		return Notice{}, fault.New(fault.Unavailable, "%s: %w", FileRoom, err)
	}
	if len(text) > roomMax {
		return Notice{}, fault.New(fault.Invalid, "%s: more than %d bytes", FileRoom, roomMax)
	}
	var in wireRoom
	if err := json.Unmarshal(text, &in); err != nil {
		return Notice{}, fault.New(fault.Invalid, "%s: %w", FileRoom, err)
	}
	n, err := in.notice()
	if err != nil {
		return Notice{}, fault.New(fault.Invalid, "%s: %w", FileRoom, err)
	}
	var again bytes.Buffer
	if err := WriteNotice(&again, n); err != nil || !bytes.Equal(again.Bytes(), text) {
		return Notice{}, fault.New(fault.Invalid, "%s: not in the form in which it is published", FileRoom)
	}
	return n, nil
}

func (in *wireRoom) notice() (n Notice, err error) {
	if in.Format != format {
		return n, fault.New(fault.Invalid, "format %q, not %q", in.Format, format)
	}
	if in.Sale == "" || len(in.Sale) > saleMax || len(in.Terms) == 0 || len(in.Terms) > TermsMax || in.Rules < 0 {
		return n, fault.New(fault.Invalid, "sale, rules or terms missing or too many")
	}
	var p parser
	n = Notice{Sale: in.Sale, Rules: in.Rules, Opened: p.time("opened", in.Opened), Terms: make([]Terms, len(in.Terms))}
	p.hex("commitment", n.Commitment[:], in.Commitment)
	p.hex("heads_key", n.HeadsKey[:], in.HeadsKey)
	for i := range in.Terms {
		n.Terms[i] = in.Terms[i].terms(&p)
	}
	if in.Draw != nil {
		n.Drawn = in.Draw.drawn(&p)
	}
	return n, p.err
}

func (in *wireTerms) terms(p *parser) Terms {
	p.source("terms", in.Source)
	p.want("terms: round", in.Round <= roundMax && (in.Round > 0) == (in.Source == Drand))
	p.want("terms: from", len(in.From) <= FromMax && (in.From != "") == (in.Source != None))
	t := Terms{Since: p.time("since", in.Since), Opens: p.time("opens", in.Opens), Rule: Rule{Source: in.Source, From: in.From, Round: in.Round}}
	if in.Source != None {
		t.Rule.Until = p.time("until", in.Until)
	}
	return t
}

func (in *wireDrawn) drawn(p *parser) *Drawn {
	d := &Drawn{
		FrozenAt: p.time("frozen_at", in.FrozenAt), Frozen: in.Frozen, DrawnAt: p.time("drawn_at", in.DrawnAt), Entries: in.Entries,
		Beacon: Beacon{Source: in.Beacon.Source, Text: in.Beacon.Text, Round: in.Beacon.Round},
	}
	p.hex("log_hash", d.LogHash[:], in.LogHash)
	p.hex("seed", d.Seed[:], in.Seed)
	p.hex("key", d.Key[:], in.Key)
	p.source("beacon", in.Beacon.Source)
	p.want("beacon: text", len(in.Beacon.Text) <= TypedMax && (in.Beacon.Text != "") == (in.Beacon.Source == Typed))
	p.want("beacon: round", in.Beacon.Round <= roundMax && (in.Beacon.Round > 0) == (in.Beacon.Source == Drand))
	if in.Beacon.Source == Drand {
		d.Beacon.Signature = make([]byte, drandSignatureBytes)
	}
	p.hex("beacon: signature", d.Beacon.Signature, in.Beacon.Signature)
	p.want("frozen and entries", in.Frozen <= EntriesMax && in.Entries <= EntriesMax)
	return d
}

// parser reads fields and keeps the first thing that is wrong.
type parser struct{ err error }

func (p *parser) want(what string, ok bool) {
	if p.err == nil && !ok {
		p.err = fault.New(fault.Invalid, "%s: not possible", what)
	}
}

func (p *parser) source(what string, s Source) {
	p.want(what+": source", slices.Contains([]Source{None, Typed, Drand}, s))
}

func (p *parser) hex(what string, dst []byte, text string) {
	if err := unhex(dst, text); err != nil && p.err == nil {
		p.err = fault.New(fault.Invalid, "%s: %w", what, err)
	}
}

func (p *parser) time(what, text string) time.Time {
	t, err := time.Parse(timeForm, text)
	p.want(what, err == nil && timeText(t) == text)
	return t
}

// wireHead is a line of heads.jsonl.
type wireHead struct {
	N         uint32 `json:"n"`
	Hash      string `json:"hash"`
	At        string `json:"at"`
	Terms     string `json:"terms"`
	Signature string `json:"signature"`
}

// AppendHead appends a head as one line of heads.jsonl.
func AppendHead(dst []byte, h Head) []byte {
	line, err := json.Marshal(wireHead{h.N, hex.EncodeToString(h.Hash[:]), timeText(h.At), hex.EncodeToString(h.Terms[:]), hex.EncodeToString(h.Signature[:])})
	if err != nil {
		return dst // a struct of texts and a number: cannot be
	}
	return append(append(dst, line...), '\n')
}

// readHead reads what AppendHead wrote, without the line feed, and nothing else.
func readHead(line []byte) (h Head, err error) {
	var in wireHead
	if err := json.Unmarshal(line, &in); err != nil {
		return h, fault.New(fault.Invalid, "not a head: %w", err)
	}
	var p parser
	h = Head{N: in.N, At: p.time("at", in.At)}
	p.hex("hash", h.Hash[:], in.Hash)
	p.hex("terms", h.Terms[:], in.Terms)
	p.hex("signature", h.Signature[:], in.Signature)
	if p.err == nil && !bytes.Equal(bytes.TrimSuffix(AppendHead(nil, h), []byte("\n")), line) {
		p.err = fault.New(fault.Invalid, "not in the form in which it is published")
	}
	return h, p.err
}

// PublicKey returns the public part of a key, as a Notice has it.
func PublicKey(key ed25519.PrivateKey) (public [ed25519.PublicKeySize]byte) {
	copy(public[:], key[ed25519.SeedSize:])
	return public
}
