package rehearsal

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

// Facts are what the caller knows and the crowd cannot: the server's side, read
// from its database, its process and the mail that arrived.
type Facts struct {
	Lang            locale.Lang // of the report; German where empty
	Title           string      // of the sale
	Booked          int         // places booked in the database, all channels
	HeldMax         int         // most places held at once; 0 = take the crowd's
	Oversold        int
	AckedLost       int // of Ledger.Lost
	DuplicatePeople int // of Ledger.DuplicatePeople, or the database's own count
	MailsExpected   int
	MailsReceived   int
	MailDuplicates  int
	NoneFree        time.Duration // after the opening; 0 = take what the crowd saw
	LastBooked      time.Duration // after the opening; 0 = take what the crowd saw
	ServerCPU       time.Duration
	ServerMaxRSS    int64  // bytes
	Verify          string // "ok", or what einlass verify found
	Room            *RoomFacts
	// Judgement is of a rehearsal; nil of a demo, which nobody judges.
	Judgement *Judgement `json:"-"`
	Draw      DrawCheck
}

// DrawCheck is what became of the published files of the draw. Checked is false where
// the sale had none.
type DrawCheck struct {
	Checked              bool
	Entries, Differences int
}

// Line is the demo's last line: its fields and their order are an outer shape
// that scripts read (SHAPES.md). Seconds are -1 for what never happened.
type Line struct {
	Scenario            string     `json:"scenario"`
	People              int        `json:"people"`
	Places              int        `json:"places"`
	HeldMax             int        `json:"held_max"`
	Booked              int        `json:"booked"`
	Oversold            int        `json:"oversold"`
	AckedLost           int        `json:"acked_lost"`
	DuplicatePeople     int        `json:"duplicate_people"`
	MailsExpected       int        `json:"mails_expected"`
	MailsReceived       int        `json:"mails_received"`
	MailDuplicates      int        `json:"mail_duplicates"`
	HTTP5xx             int        `json:"http_5xx"`
	Busy                int        `json:"busy"`
	Unanswered          int        `json:"unanswered"`
	Requests            int        `json:"requests"`
	RequestsPerBooking  float64    `json:"requests_per_booking"`
	BytesPerBooking     float64    `json:"bytes_per_booking"`
	SecondsToNoneFree   float64    `json:"seconds_to_none_free"`
	SecondsToLastBooked float64    `json:"seconds_to_last_booked"`
	HoldP50             float64    `json:"hold_p50_ms"`
	HoldP99             float64    `json:"hold_p99_ms"`
	ConfirmP50          float64    `json:"confirm_p50_ms"`
	ConfirmP99          float64    `json:"confirm_p99_ms"`
	StaffBookings       int        `json:"staff_bookings"`
	StaffP99            float64    `json:"staff_p99_ms"`
	ServerCPU           float64    `json:"server_cpu_s"`
	CrowdCPU            float64    `json:"crowd_cpu_s"`
	ServerMaxRSS        float64    `json:"server_max_rss_mb"`
	ConnectionsMax      int        `json:"connections_max"`
	PerSecondMax        int        `json:"-"` // requests answered in the densest second: for the table
	Verify              string     `json:"verify"`
	Room                *RoomFacts `json:"-"` // for the table
	Desk                Desk       `json:"-"` // for the table
	Draw                DrawCheck  `json:"-"` // for the table
}

// NewLine joins what the crowd saw with what the caller knows.
func NewLine(r *Result, f Facts) Line {
	hold, confirm := r.Latency[latHold], r.Latency[latConfirm]
	const mega = 1 << 20
	return Line{
		Scenario: r.Config.Scenario, People: r.Config.People, Places: r.Config.Places,
		HeldMax: either(f.HeldMax, r.Counts.HeldMax), Booked: f.Booked, Oversold: f.Oversold,
		AckedLost: f.AckedLost, DuplicatePeople: f.DuplicatePeople,
		MailsExpected: f.MailsExpected, MailsReceived: f.MailsReceived, MailDuplicates: f.MailDuplicates,
		HTTP5xx: r.Counts.HTTP5xx, Busy: r.Counts.Busy, Unanswered: r.Counts.Unanswered, Requests: r.Counts.Requests,
		RequestsPerBooking:  rounded(r.Counts.RequestsPerBooking, 2),
		BytesPerBooking:     rounded(r.Counts.BytesPerBooking, 0),
		SecondsToNoneFree:   seconds(f.NoneFree, r.Counts.NoneFreeMS),
		SecondsToLastBooked: seconds(f.LastBooked, r.Counts.LastBookedMS),
		HoldP50:             rounded(hold.P50, 2), HoldP99: rounded(hold.P99, 2),
		ConfirmP50: rounded(confirm.P50, 2), ConfirmP99: rounded(confirm.P99, 2),
		StaffBookings: r.Desk.Bookings, StaffP99: rounded(r.Latency[latStaff].P99, 2),
		ServerCPU: rounded(f.ServerCPU.Seconds(), 2), CrowdCPU: rounded(r.Machine.CPUSeconds, 2),
		ServerMaxRSS:   rounded(float64(f.ServerMaxRSS)/mega, 1),
		ConnectionsMax: r.Machine.ConnectionsMax, PerSecondMax: r.Series.densest(), Verify: f.Verify, Room: f.Room, Desk: r.Desk, Draw: f.Draw,
	}
}

func either(known, seen int) int {
	if known != 0 {
		return known
	}
	return seen
}

func seconds(known time.Duration, seenMS int64) float64 {
	if known > 0 {
		return rounded(known.Seconds(), 3)
	}
	if seenMS < 0 {
		return -1
	}
	return float64(seenMS) / 1000
}

func rounded(v float64, digits int) float64 {
	f := math.Pow10(digits)
	return math.Round(v*f) / f
}

// OK reports whether the run kept what must never be broken. A sale that is not
// sold out is no failure here: that depends on who came.
func (l *Line) OK() bool {
	return l.Oversold == 0 && l.AckedLost == 0 && l.DuplicatePeople == 0 && l.HTTP5xx == 0 &&
		l.Unanswered == 0 && l.MailsExpected == l.MailsReceived && l.Verify == "ok" && l.Draw.Differences == 0
}

// WriteJSON writes the line as exactly one JSON object and a newline.
func (l *Line) WriteJSON(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(l); err != nil {
		return fault.New(fault.Unavailable, "rehearsal: write the line: %w", err)
	}
	return nil
}

// WriteTable writes the line for a terminal, what and figure, and after the people
// what became of them.
func (l *Line) WriteTable(w io.Writer, r *Result, lang locale.Lang) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	figures := rows(l, lang)
	for _, row := range slices.Concat(figures[:1], outcomes(r, lang), figures[1:]) {
		sign := ""
		if row.Bad {
			sign = "!"
		}
		// A tabwriter keeps everything until Flush, which returns the error.
		_, _ = fmt.Fprintf(t, "  %s\t%s\t%s\n", row.Name, row.Figure, sign)
	}
	if err := t.Flush(); err != nil {
		return fault.New(fault.Unavailable, "rehearsal: write the table: %w", err)
	}
	return nil
}

// ProgressWriter returns a function that writes progress to w: on a terminal one
// line that is written over, elsewhere a plain line about every five seconds.
func ProgressWriter(w io.Writer, terminal bool, lang locale.Lang) func(Snapshot) {
	const plainEveryMS = 5_000
	last := int64(math.MinInt64 / 2)
	return func(s Snapshot) {
		text := progressText(s, lang)
		if terminal {
			_, _ = io.WriteString(w, "\r\x1b[K"+text) // progress is a courtesy: a closed terminal stops nothing
			return
		}
		if s.AtMS-last >= plainEveryMS {
			last = s.AtMS
			_, _ = io.WriteString(w, text+"\n")
		}
	}
}

func progressText(s Snapshot, lang locale.Lang) string {
	format := "%6.1f s  %s von %s gekommen, %s unterwegs, %s reserviert, %s gebucht, %s abgewiesen, %s vertröstet, %s Störungen"
	if lang == locale.English {
		format = "%6.1f s  %s of %s arrived, %s on their way, %s held, %s booked, %s refused, %s asked to wait, %s troubles"
	}
	n := func(v int) string { return grouped(float64(v), 0, lang) }
	return fmt.Sprintf(format, float64(s.AtMS)/1000, n(s.Arrived), n(s.People), n(s.Active), n(s.Holds), n(s.Booked), n(s.Refused), n(s.Busy), n(s.Trouble))
}

// grouped writes a number with the separators of the language.
func grouped(v float64, digits int, lang locale.Lang) string {
	if digits <= 0 || !(math.Abs(v) < 1e15) { // beyond, a float has no decimals
		return locale.Number(lang, int64(math.Round(v)))
	}
	_, fraction, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', digits, 64), ".")
	whole := math.Trunc(math.Abs(v))
	if rounded(math.Abs(v), digits) >= whole+1 {
		whole++
	}
	point, sign := ",", ""
	if lang == locale.English {
		point = "."
	}
	if v < 0 {
		sign = "-"
	}
	return sign + locale.Number(lang, int64(whole)) + point + fraction
}
