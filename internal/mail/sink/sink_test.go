package sink_test

import (
	"fmt"
	"net"
	"net/smtp"
	"testing"

	"einlass/internal/mail/sink"
)

// TestKeepsAndCounts with the standard library as the sender: every message is
// counted, copies by their Message-ID, and only the newest are kept whole.
func TestKeepsAndCounts(t *testing.T) {
	const sent, keep = 30, 10
	s, err := sink.Start(sink.Options{Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(s.Port()))
	for i := range sent {
		text := fmt.Sprintf("Message-ID: <%d@x.example>\r\nSubject: %d\r\n\r\nhello\r\n", i/3, i)
		if err := smtp.SendMail(address, nil, "a@x.example", []string{"b@x.example"}, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	c, kept := s.Counts(), s.Messages()
	if c.Taken != sent || c.Distinct != sent/3 || c.Copies != sent-sent/3 || len(s.Copies()) != sent/3 || s.Copies()["4@x.example"] != 2 {
		t.Errorf("%+v, %v", c, s.Copies())
	}
	if len(kept) != keep || kept[keep-1].ID != "9@x.example" || kept[0].To != "b@x.example" || len(kept[0].Raw) == 0 {
		t.Errorf("%d kept, the last %+v", len(kept), kept[len(kept)-1])
	}
	s.Down()
	if err := smtp.SendMail(address, nil, "a@x.example", []string{"b@x.example"}, []byte("\r\n")); err == nil {
		t.Error("a message was taken while the sink was down")
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	s.Misbehave(sink.Every(2, sink.Refuse550))
	refused := 0
	for range 10 {
		if err := smtp.SendMail(address, nil, "a@x.example", []string{"b@x.example"}, []byte("Subject: x\r\n\r\n")); err != nil {
			refused++
		}
	}
	if refused != 5 || s.Counts().Faults[sink.Refuse550] != 5 {
		t.Errorf("%d refused, %+v", refused, s.Counts())
	}
}
