package sink

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template
	"encoding/base64"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

// Inbox shows a person what was received, as pages that run no script.
type Inbox struct {
	Sink *Sink
	Lang locale.Lang
	Zone *time.Location
}

// Path is where the inbox lies on its listener; a message is Path/{number}.
const Path = "/demo/mails"

// Limits of the list.
const (
	pageSize  = 25  // messages on one page
	searchMax = 100 // what is searched for, in bytes
	codeMin   = 3   // letters and digits that are worth looking for in a code
)

// The views of a message.
const (
	ViewText     = "text"
	ViewHTML     = "html"
	ViewCalendar = "calendar"
	ViewImage    = "image"
	ViewSource   = "source"
)

//go:embed inbox.html
var inboxText string

//go:embed inbox.css
var inboxStyle string

var inboxTemplate = template.Must(template.New("inbox").Parse(inboxText))

// Policy is the Content-Security-Policy of the inbox's pages.
var Policy = func() string {
	sum := sha256.Sum256([]byte(inboxStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// PagePolicy is the Content-Security-Policy of a message's HTML part: it comes
// from outside and may do nothing but be read and have its links opened.
const PagePolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// inboxPage is what the template shows: a list, or one message.
type inboxPage struct {
	Lang  locale.Lang
	Style template.CSS
	Words map[string]string
	Title string

	Path, Search string
	Found        string // how many, in words
	Rows         []inboxRow
	Newer, Older string // addresses of the neighbouring pages

	Message *inboxRow
	Opened  *Opened
	View    string
	Views   []inboxView
	Lines   []inboxLine
	Facts   []Fact
	Raw     string
}

type inboxRow struct {
	Link, Time, To, Subject, Code string
}

type inboxView struct {
	Link, Name string
	Here       bool
}

// inboxLine is a line of text; the parts that are addresses are links.
type inboxLine []inboxBit

type inboxBit struct {
	Text string
	Link bool
}

// List returns a page of the list: the newest first, only those whose recipient
// or code contains what is searched for, if anything is.
func (b *Inbox) List(search string, page int) ([]byte, error) {
	search = strings.TrimSpace(search[:min(len(search), searchMax)])
	search = strings.ToValidUTF8(search, "")
	all := b.Sink.Messages()
	slices.Reverse(all)
	if search != "" {
		all = slices.DeleteFunc(all, func(m Message) bool { return !m.matches(search) })
	}
	last := max(1, (len(all)+pageSize-1)/pageSize)
	page = min(max(page, 1), last)
	from := (page - 1) * pageSize
	p := b.page(b.words("title"))
	p.Search, p.Found = search, b.found(len(all), search != "")
	for _, m := range all[from:min(from+pageSize, len(all))] {
		p.Rows = append(p.Rows, b.row(&m))
	}
	if page > 1 {
		p.Newer = listAddress(search, page-1)
	}
	if page < last {
		p.Older = listAddress(search, page+1)
	}
	return p.render()
}

func listAddress(search string, page int) string {
	q := url.Values{"page": {strconv.Itoa(page)}}
	if search != "" {
		q.Set("q", search)
	}
	return Path + "?" + q.Encode()
}

// matches reports whether the recipient or the code contains what is searched for.
func (m *Message) matches(search string) bool {
	if strings.Contains(strings.ToLower(m.To), strings.ToLower(search)) {
		return true
	}
	code := bare32(search)
	if len(code) < codeMin {
		return false
	}
	o, err := m.Open()
	return err == nil && strings.Contains(bare32(o.Code), code)
}

// bare32 is a code as it is compared: people type it in any case, with or without
// its dashes.
func bare32(s string) string {
	return strings.NewReplacer("-", "", " ", "", "–", "").Replace(strings.ToUpper(s))
}

func (b *Inbox) row(m *Message) inboxRow {
	r := inboxRow{Link: Path + "/" + strconv.Itoa(m.No), Time: b.clock(m.At), To: m.To, Subject: m.Subject()}
	if o, err := m.Open(); err == nil {
		r.Code = o.Code
	}
	if r.Subject == "" {
		r.Subject = b.words("unreadable")
	}
	return r
}

func (b *Inbox) clock(t time.Time) string {
	return locale.DateShort(b.Lang, t, b.Zone) + " " + t.In(b.Zone).Format(time.TimeOnly)
}

// Show returns the page of one message in one of its views. NotFound if there is
// no such message any more.
func (b *Inbox) Show(no int, view string) ([]byte, error) {
	m, err := b.Sink.Message(no)
	if err != nil {
		return nil, err
	}
	row := b.row(m)
	p := b.page(row.Subject)
	p.Message = &row
	o, err := m.Open()
	if err != nil { // it is shown as it came
		o = &Opened{}
	}
	p.Opened = o
	has := map[string]bool{ViewText: o.Text != "", ViewHTML: o.HTML != "", ViewCalendar: o.Calendar != "", ViewImage: o.Image != nil, ViewSource: true}
	names := slices.DeleteFunc([]string{ViewText, ViewHTML, ViewCalendar, ViewImage, ViewSource}, func(v string) bool { return !has[v] })
	if p.View = view; !has[view] {
		p.View = names[0]
	}
	for _, v := range names {
		p.Views = append(p.Views, inboxView{Link: row.Link + "?view=" + v, Name: b.words(v), Here: v == p.View})
	}
	switch p.View {
	case ViewText:
		p.Lines = linked(o.Text)
	case ViewCalendar:
		p.Facts = b.facts(o)
	case ViewSource:
		p.Raw = strings.ToValidUTF8(string(m.Raw), "\uFFFD")
	}
	return p.render()
}

// utcTime is how our calendar files write a moment.
const utcTime = "20060102T150405Z"

// facts are the calendar's lines in words and in the time of the place.
func (b *Inbox) facts(o *Opened) []Fact {
	out := o.Facts("METHOD", "STATUS", "SUMMARY", "DTSTART", "DTEND", "LOCATION", "DESCRIPTION", "URL")
	for i := range out {
		out[i].Name = b.words(out[i].Name)
		if at, err := time.Parse(utcTime, out[i].Value); err == nil {
			out[i].Value = locale.DateTime(b.Lang, at, b.Zone)
		}
	}
	return out
}

// linked parts a text into lines, and its addresses from the rest.
func linked(text string) []inboxLine {
	var out []inboxLine
	for line := range strings.Lines(text) {
		var bits inboxLine
		for word := range strings.SplitAfterSeq(strings.TrimRight(line, "\r\n"), " ") {
			bare := strings.TrimRight(word, " ")
			link := strings.HasPrefix(bare, "http://") || strings.HasPrefix(bare, "https://")
			if n := len(bits); n > 0 && !link && !bits[n-1].Link {
				bits[n-1].Text += word
				continue
			}
			if link {
				bits = append(bits, inboxBit{bare, true})
				word = word[len(bare):]
			}
			if word != "" {
				bits = append(bits, inboxBit{word, false})
			}
		}
		out = append(out, bits)
	}
	return out
}

func (b *Inbox) page(title string) *inboxPage {
	words := make(map[string]string, len(inboxWords))
	for k := range inboxWords {
		words[k] = b.words(k)
	}
	return &inboxPage{Lang: b.Lang, Title: title, Words: words, Path: Path, Style: template.CSS(inboxStyle)} //nolint:gosec // a constant of ours
}

func (p *inboxPage) render() ([]byte, error) {
	var out bytes.Buffer
	if err := inboxTemplate.Execute(&out, p); err != nil {
		return nil, fault.New(fault.Internal, "inbox: %w", err)
	}
	return out.Bytes(), nil
}

// inboxWords are the inbox's words in German and English.
var inboxWords = map[string][2]string{
	"title":       {"Angekommene E-Mails", "Mails that arrived"},
	"search":      {"Empfänger oder Code", "Recipient or code"},
	"go":          {"Suchen", "Search"},
	"all":         {"Alle zeigen", "Show all"},
	"time":        {"Uhrzeit", "Time"},
	"to":          {"An", "To"},
	"from":        {"Von", "From"},
	"subject":     {"Betreff", "Subject"},
	"code":        {"Code", "Code"},
	"newer":       {"Neuere", "Newer"},
	"older":       {"Ältere", "Older"},
	"pages":       {"Seiten", "Pages"},
	"back":        {"Alle E-Mails", "All mails"},
	"views":       {"Ansichten", "Views"},
	"unreadable":  {"(kein lesbarer Betreff)", "(no readable subject)"},
	"none":        {"Hier ist noch keine E-Mail.", "There is no mail here yet."},
	ViewText:      {"Text", "Text"},
	ViewHTML:      {"HTML", "HTML"},
	ViewCalendar:  {"Kalender", "Calendar"},
	ViewImage:     {"QR-Code", "QR code"},
	ViewSource:    {"Quelltext", "Source"},
	"METHOD":      {"Art", "Kind"},
	"STATUS":      {"Stand", "State"},
	"SUMMARY":     {"Was", "What"},
	"DTSTART":     {"Beginn", "Begins"},
	"DTEND":       {"Ende", "Ends"},
	"LOCATION":    {"Ort", "Where"},
	"DESCRIPTION": {"Notiz", "Note"},
	"URL":         {"Seite", "Page"},
	"file":        {"Die ganze Kalenderdatei", "The whole calendar file"},
	"picture":     {"QR-Code, der an der Tür gescannt wird", "QR code that is scanned at the door"},
}

func (b *Inbox) words(id string) string {
	if b.Lang == locale.English {
		return inboxWords[id][1]
	}
	return inboxWords[id][0]
}

// found says how many there are, and how many are kept.
func (b *Inbox) found(n int, searched bool) string {
	kept, taken := len(b.Sink.Messages()), b.Sink.Counts().Taken
	count := func(n int) string { return locale.Number(b.Lang, int64(n)) }
	english := b.Lang == locale.English
	switch {
	case searched && english:
		return count(n) + " of the newest " + count(kept) + " mails match."
	case searched:
		return count(n) + " der neuesten " + count(kept) + " E-Mails passen."
	case taken > kept && english:
		return count(taken) + " arrived; the newest " + count(kept) + " are kept here."
	case taken > kept:
		return count(taken) + " sind angekommen; die neuesten " + count(kept) + " sind hier aufgehoben."
	case english:
		return count(taken) + " arrived."
	}
	return count(taken) + " angekommen."
}
