package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"einlass/internal/app"
)

// roomBrief is what a house with a waiting room is told.
type roomBrief struct {
	DB   string
	Now  time.Time
	Path string
	Rate float64 // numbers called a second at most
	Pace float64 // of its clock
	// Of a house that is watched from before its opening.
	Opens time.Time
	Relay int // port of where its mails go; 0: nowhere
}

// Limits of a house under measurement: one address stands for thousands of people.
const (
	houseConnections = 18_000
	houseCarts       = 100_000
)

// serveRoomHouse is the whole product in a process of its own, with people who wait.
func serveRoomHouse() error {
	var b roomBrief
	if err := json.NewDecoder(os.Stdin).Decode(&b); err != nil {
		return err
	}
	const anyPort = "127.0.0.1:0"
	cfg := app.Config{Public: anyPort, Staff: anyPort, Ops: anyPort, PerAddress: houseConnections, CartsPerAddress: houseCarts}
	if b.Relay > 0 {
		cfg.Mail = app.MailConfig{Relay: fmt.Sprintf("127.0.0.1:%d", b.Relay), From: "bench@einlass.invalid", TLS: "none"}
	}
	clock := app.StartClock(b.Now, b.Pace)
	s, err := app.Start(context.Background(), b.DB, cfg, app.Outside{Clock: clock, Rate: b.Rate, Hurry: true})
	if err != nil {
		return err
	}
	opens := time.Now().Add(time.Duration(float64(b.Opens.Sub(clock.Now())) / b.Pace))
	fmt.Println(strings.TrimPrefix(s.PublicURL(), "http://"), b.Path, s.StaffURL(), s.OpsURL(), opens.UnixMilli())
	select {} // until it is killed
}

// roomHouse is a running one, as its starter sees it.
type roomHouse struct {
	child
	queue  *queueFile
	dir    string
	booked int64 // what people saw so far: the books must have it
}

// startRoomHouse starts one on a copy of the queue, on a core.
func startRoomHouse(o *options, q *queueFile, rate float64, core int) (*roomHouse, error) {
	dir, err := os.MkdirTemp(tempDir(o), "einlass-room-")
	if err != nil {
		return nil, err
	}
	db := filepath.Join(dir, roomDB)
	if err := copyFile(q.DB, db); err != nil {
		return nil, err
	}
	c, err := startBriefed(o, "room", roomBrief{DB: db, Now: q.Now, Path: q.Path, Rate: rate, Pace: 1}, core)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &roomHouse{child: *c, queue: q, dir: dir}, nil
}

// stop ends it and checks its books.
func (h *roomHouse) stop() error {
	h.child.stop()
	return errors.Join(checkBooks(h.db(), h.booked), os.RemoveAll(h.dir))
}

func (h *roomHouse) db() string { return filepath.Join(h.dir, roomDB) }

// roomDB is the file's name in its folder.
const roomDB = "house.db"

// startBriefed starts a server of this program that reads a brief and tells where it is.
func startBriefed(o *options, kind string, brief any, core int) (*child, error) {
	text, err := json.Marshal(brief)
	if err != nil {
		return nil, err
	}
	cmd := childCommand(o, kind)
	cmd.Stdin = strings.NewReader(string(text))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startOn(core, cmd); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	f := strings.Fields(line)
	if err != nil || len(f) < 2 {
		return nil, fmt.Errorf("server %s: said %q: %w", kind, line, err)
	}
	return &child{cmd: cmd, addr: f[0], path: f[1], slot: f[2:]}, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// standing is how a house says that it stands (status.json).
type standing struct {
	State string `json:"state"`
	Free  int    `json:"free"`
	Room  *struct {
		Phase    string `json:"phase"`
		Serving  uint32 `json:"serving"`
		Numbers  uint32 `json:"numbers"`
		Probably uint32 `json:"probably"`
		Not      uint32 `json:"probably_not"`
	} `json:"room"`
}

// statusOf asks for it.
func statusOf(addr, path string) (standing, error) {
	var s standing
	res, err := http.Get("http://" + addr + path + "/status.json")
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	return s, json.NewDecoder(res.Body).Decode(&s)
}

// calledWithin is how long a house may take to call the first people.
const calledWithin = 20 * time.Second

// untilCalled waits until a number was called.
func (c *child) untilCalled(number uint32) error {
	for begun := time.Now(); time.Since(begun) < calledWithin; time.Sleep(20 * time.Millisecond) {
		if s, err := statusOf(c.addr, c.path); err == nil && s.Room != nil && s.Room.Serving >= number {
			return nil
		}
	}
	return fmt.Errorf("number %d was not called within %v", number, calledWithin)
}
