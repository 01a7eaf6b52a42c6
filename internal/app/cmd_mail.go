package app

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/mail"
	"einlass/internal/store"
)

// mailCmd is `einlass mail list|resend`.
type mailCmd struct {
	List   mailListCmd   `cmd:"" help:"List messages that were parked, and why."`
	Resend mailResendCmd `cmd:"" help:"Send parked messages again."`
}

type mailListCmd struct {
	After int64 `default:"0" placeholder:"NUMBER" help:"Begin after this message."`
}

// parkedMax is one page of the list, in messages.
const parkedMax = 500

// parked is one message of the list. Who it is for stands in the booking.
type parked struct {
	Number   int64     `json:"number"`
	Booking  string    `json:"booking"`
	About    string    `json:"about"`
	Kind     string    `json:"kind"`
	Created  time.Time `json:"created"`
	Attempts int       `json:"attempts"`
	Why      string    `json:"why"`
}

// parkedList is what `einlass mail list --json` writes.
type parkedList struct {
	Due    int      `json:"due"`
	Sent   int      `json:"sent"`
	Parked int      `json:"parked"`
	List   []parked `json:"list"`
}

func (c *mailListCmd) run(s *shell) (r result, err error) {
	err = s.withStore(false, func(st *store.Store) error {
		count, err := st.CountOutbox(s.ctx)
		if err != nil {
			return err
		}
		messages, err := st.ParkedMessages(s.ctx, c.After, parkedMax)
		if err == nil {
			r = reportParked(count, messages)
		}
		return err
	})
	return r, err
}

func reportParked(count store.OutboxCount, messages []store.Message) result {
	out := parkedList{Due: count.Due, Sent: count.Sent, Parked: count.Parked, List: make([]parked, 0, len(messages))}
	var text strings.Builder
	fmt.Fprintf(&text, "%s due, %s sent, %s parked.\n", number(count.Due), number(count.Sent), number(count.Parked))
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, m := range messages {
		p := parked{m.Seq, m.Booking.String(), m.About.String(), m.Kind.String(), m.Created, m.Attempts, mail.Explain(locale.English, m.Trouble)}
		out.List = append(out.List, p)
		fmt.Fprintf(t, "%d\t%s\t%s\t%d attempts\t%s\n", p.Number, p.About, p.Created.Format(time.DateTime), p.Attempts, p.Why)
	}
	t.Flush() //nolint:errcheck // a strings.Builder never refuses
	return result{Object: out, Text: text.String()}
}

type mailResendCmd struct {
	Number int64 `arg:"" optional:"" help:"The message's number in the list."`
	All    bool  `help:"Every parked message."`
}

func (c *mailResendCmd) run(s *shell) (r result, err error) {
	if c.All == (c.Number > 0) {
		return r, fault.New(fault.Invalid, "mail resend: name one message by its number, or all with --all")
	}
	err = s.withStore(false, func(st *store.Store) error {
		n, err := st.ResendParked(c.Number, time.Now())
		switch {
		case err != nil:
			return err
		case n == 0 && !c.All:
			return fault.New(fault.NotFound, "there is no parked message %d; see: einlass mail list", c.Number)
		}
		r = result{Object: map[string]int64{"due_again": n}, Text: fmt.Sprintf("%s messages are due again.", number(int(n)))}
		return nil
	})
	return r, err
}
