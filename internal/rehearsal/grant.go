package rehearsal

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"einlass/internal/fault"
)

// Addresses on a target that grants a rehearsal. All want the grant's token as
// "Authorization: Bearer TOKEN"; without it there is nothing there.
const (
	GrantPath  = "/.rehearsal"        // GET: an Invitation
	BeginPath  = "/.rehearsal/begin"  // POST an Announcement: the copy's clock begins to run
	ResultPath = "/.rehearsal/result" // POST a Result; GET: 204, and 200 with a Judged once it is there
)

// Invitation is what a target that has granted a rehearsal says of itself.
type Invitation struct {
	Sale    string `json:"sale"` // organizer/event
	Title   string `json:"title"`
	Version int    `json:"version"` // of the sale's rules
	People  int    `json:"people"`  // at most
	Minutes int    `json:"minutes"` // at most, real
	Begun   bool   `json:"begun"`   // a crowd has been announced
	LeadMS  int64  `json:"lead_ms"` // from the announcement to the opening, real
	Expects int    `json:"expects"` // people the sale expects; 0: nobody has said
	Room    bool   `json:"room"`    // numbers can be drawn before the opening
	// StaffPort is where the copy's clerks work, on the same host; 0: nowhere.
	StaffPort int `json:"staff_port"`
	// Crowd says who comes. Whoever asks adds where to and how many.
	Crowd Config `json:"crowd"`
}

// Announcement is what a crowd says of itself before it comes.
type Announcement struct {
	People  int `json:"people"`
	Minutes int `json:"minutes"`
}

// Judged is what a target answers to a result: what it knows, and its judgement.
type Judged struct {
	Facts     Facts     `json:"facts"`
	Judgement Judgement `json:"judgement"`
}

// Limits of the conversation with a target.
const (
	talkMax    = 10 * time.Second // for one answer while nobody is there
	handInMax  = 2 * time.Minute  // for a result to be handed in
	judgeMax   = 6 * time.Minute  // for the judgement: it waits for the last mail
	judgeEvery = 250 * time.Millisecond
	answerSize = 8 << 20 // bytes of one answer: an invitation with its codes
	// ResultSize is the most bytes of a result: a booking stands in it with some
	// 200 bytes, and no sale of ours has more than 100,000.
	ResultSize = 64 << 20
)

// Target is a server that has granted a rehearsal, as far as it says so itself.
type Target struct {
	base, token string
	client      *http.Client
}

// NewTarget returns the target at an address, http or https. rootPEM is the
// certificate to trust beside those of the system; it may be empty.
func NewTarget(base, token, rootPEM string) (*Target, error) {
	if !isBase(base) || token == "" {
		return nil, fault.New(fault.Invalid, "a target is an address such as http://127.0.0.1:8085 and the token of its grant")
	}
	t := &http.Transport{DisableKeepAlives: true}
	if rootPEM != "" {
		c, err := tlsConfig("", rootPEM)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig = &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	}
	return &Target{base: trimmed(base), token: token, client: &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func trimmed(base string) string {
	if n := len(base); n > 0 && base[n-1] == '/' {
		return base[:n-1]
	}
	return base
}

// Ask asks whether a rehearsal is granted. Forbidden where it is not, Unavailable where
// nobody answers.
func (t *Target) Ask(ctx context.Context) (*Invitation, error) {
	i := &Invitation{}
	return i, t.talk(ctx, talkMax, http.MethodGet, GrantPath, nil, i)
}

// Begin announces a crowd. The sale opens Invitation.LeadMS after it returns.
func (t *Target) Begin(ctx context.Context, a Announcement) error {
	return t.talk(ctx, talkMax, http.MethodPost, BeginPath, a, nil)
}

// Report hands in what the crowd saw and waits for the target's judgement.
func (t *Target) Report(ctx context.Context, r *Result) (*Judged, error) {
	if err := t.talk(ctx, handInMax, http.MethodPost, ResultPath, r, nil); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, judgeMax)
	defer cancel()
	for {
		j := &Judged{}
		err := t.talk(ctx, talkMax, http.MethodGet, ResultPath, nil, j)
		if err == nil || !errors.Is(err, errLater) {
			return j, err
		}
		select {
		case <-ctx.Done():
			return nil, fault.New(fault.Unavailable, "%s has not judged in time", t.base)
		case <-time.After(judgeEvery):
		}
	}
}

// errLater marks an answer that is not there yet.
var errLater = errors.New("not yet")

// errRefused marks an answer that refuses, in contrast to none.
var errRefused = errors.New("refused")

func (t *Target) talk(ctx context.Context, within time.Duration, method, path string, say, hear any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var body io.Reader
	if say != nil {
		text, err := json.Marshal(say)
		if err != nil {
			return fault.New(fault.Internal, "rehearsal: %w", err)
		}
		body = bytes.NewReader(text)
	}
	q, err := http.NewRequestWithContext(ctx, method, t.base+path, body)
	if err != nil {
		return fault.New(fault.Invalid, "rehearsal: %w", err)
	}
	q.Header.Set("Authorization", "Bearer "+t.token)
	q.Header.Set("Content-Type", "application/json")
	a, err := t.client.Do(q)
	if err != nil {
		return fault.New(fault.Unavailable, "%s does not answer: %w", t.base, err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(a.Body, answerSize))
	switch {
	case err != nil:
		return fault.New(fault.Unavailable, "%s does not answer: %w", t.base, err)
	case a.StatusCode == http.StatusNoContent:
		return errLater
	case a.StatusCode != http.StatusOK:
		return refusal(t.base, a.StatusCode, text)
	case hear == nil:
		return nil
	}
	if json.Unmarshal(text, hear) != nil {
		return refusal(t.base, a.StatusCode, nil)
	}
	return nil
}

// Refusal is why a target does not do what it was asked for.
type Refusal struct {
	Why string `json:"why"`
}

func refusal(base string, status int, text []byte) error {
	var r Refusal
	if json.Unmarshal(text, &r) != nil || r.Why == "" {
		return fault.New(fault.Forbidden, "%s grants no rehearsal (it answered %d); only a server that was asked for one by its operator does: %w", base, status, errRefused)
	}
	return fault.New(fault.Forbidden, "%s refuses: %s (%w)", base, r.Why, errRefused)
}

// Allows says in a sentence why a crowd may not come, or nil.
func (i *Invitation) Allows(people, minutes int) error {
	switch {
	case people > i.People:
		return fault.New(fault.Forbidden, "the grant is for %d people, %d want to come", i.People, people)
	case minutes > i.Minutes:
		return fault.New(fault.Forbidden, "the grant is for %d minutes, %d are wanted", i.Minutes, minutes)
	}
	return nil
}
