package app

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/locale"
	"einlass/internal/mail/sink"
	"einlass/internal/setup"
)

// A booking's mail is in the demo's inbox, found by its code, and every page and
// part of it comes with a policy that lets it do nothing.
func TestTheInboxShowsABookingsMail(t *testing.T) {
	file := saleFile(t, time.Now().Add(-time.Hour), 6, 10)
	db := filepath.Join(t.TempDir(), "einlass.db")
	if code, out, log := tell(t, "", "apply", "--db", db, file); code != exitOK {
		t.Fatalf("%d %s%s", code, out, log)
	}
	plan, problems := setup.Load(file, os.ReadFile)
	if plan == nil {
		t.Fatal(problems)
	}
	relay, err := sink.Start(sink.Options{Keep: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	st := &stage{sink: relay, plan: plan, lang: locale.German}
	cfg := anyPorts()
	cfg.Mail = MailConfig{Relay: relayAddress(relay), From: "amt@example.org", TLS: "none"}
	s, err := Start(context.Background(), db, cfg, Outside{Extra: st.pages(), Hurry: true, Log: slog.New(slog.NewTextHandler(testLog{t}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	id := hold(t, s).Booking
	confirm(t, s, id)
	r, _, err := s.booking.Booking(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	code := r.Code.String()
	list := ""
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(list, code) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, list = get(t, s.OpsURL()+"/demo/mails?q="+strings.ToLower(strings.ReplaceAll(code, "-", "")))
	}
	link := regexp.MustCompile(`href="(/demo/mails/\d+)"`).FindStringSubmatch(list)
	if link == nil || !strings.Contains(list, "erika@example.org") {
		t.Fatalf("the mail is not found by its code %s:\n%s", code, list)
	}
	for path, c := range map[string]struct{ kind, policy, says string }{
		link[1]:                    {"text/html; charset=utf-8", sink.Policy, s.PublicURL() + "/b/" + id.String()},
		link[1] + "?view=html":     {"text/html; charset=utf-8", sink.Policy, "<iframe sandbox="},
		link[1] + "?view=calendar": {"text/html; charset=utf-8", sink.Policy, "BEGIN:VCALENDAR"},
		link[1] + "?view=image":    {"text/html; charset=utf-8", sink.Policy, "<img src="},
		link[1] + "/html":          {"text/html; charset=utf-8", sink.PagePolicy, "data:image/png;base64,"},
		link[1] + "/image":         {"image/png", sink.PagePolicy, "PNG"},
	} {
		res, err := http.Get(s.OpsURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		h := res.Header
		if res.StatusCode != http.StatusOK || h.Get("Content-Type") != c.kind || h.Get("Content-Security-Policy") != c.policy || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, res.StatusCode, h)
		}
		if _, body := get(t, s.OpsURL()+path); !strings.Contains(body, c.says) {
			t.Errorf("%s does not say %q:\n%s", path, c.says, body)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	for _, path := range []string{"/demo/mails/0", "/demo/mails/99", "/demo/mails/x", link[1] + "/nonsense", "/demo/mails/99/html"} {
		if status, body := get(t, s.OpsURL()+path); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := get(t, s.OpsURL()+"/demo/mails?page=999999&q=%22%3E%3Cscript%3E"); status != http.StatusOK {
		t.Errorf("a strange search: %d", status)
	}
}
