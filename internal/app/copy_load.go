package app

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"einlass/internal/committer"
	"einlass/internal/outbox"
	"einlass/internal/rehearsal"
)

// How the load of a rehearsal is measured, in real time.
const (
	sampleEvery   = time.Second
	sampleWindow  = 10 // samples: a burst of one second is worked off, ten seconds are not
	filesEvery    = 3  // samples: reading the list of 18,000 open files takes milliseconds
	syncBlockSize = 4 << 10
	samplesMax    = (rehearsal.MinutesMax + 10) * 60
)

// loadMeter samples how the process, the machine and the disk are used.
type loadMeter struct {
	server *Server
	folder string
	done   chan struct{} // closed when it has ended

	mu      sync.Mutex // guards all below
	running bool
	began   time.Duration // CPU of the process then
	ended   time.Duration
	samples []loadSample
	syncs   []float64 // milliseconds
	load    rehearsal.Load
}

// loadSample is how counters stood.
type loadSample struct {
	at        time.Time
	cpu       time.Duration // of this process
	busy, all int64         // of the machine, in ticks; 0: not known
	commands  int64
	batches   int64
}

func (c *saleCopy) startMeter() {
	ctx, stop := context.WithCancel(context.Background())
	c.sampling = stop
	c.meter = &loadMeter{server: c.stage.server, folder: c.folder, done: make(chan struct{})}
	go c.meter.run(ctx) // owns the file of the disk's samples; ends with the copy
}

func (m *loadMeter) run(ctx context.Context) {
	defer close(m.done)
	f, err := os.OpenFile(filepath.Join(m.folder, "sync"), os.O_CREATE|os.O_RDWR, lockMode)
	if err == nil {
		defer f.Close() //nolint:errcheck // it is deleted with the folder
	}
	t := time.NewTicker(sampleEvery)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		m.sample(time.Now(), n%filesEvery == 0)
		if f != nil {
			m.sync(f)
		}
	}
}

// sync measures one durable write.
func (m *loadMeter) sync(f *os.File) {
	begun := time.Now()
	if _, err := f.WriteAt(make([]byte, syncBlockSize), 0); err != nil || f.Sync() != nil {
		return // a full disk shows elsewhere
	}
	took := float64(time.Since(begun).Microseconds()) / 1000
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running {
		m.syncs = append(m.syncs, took)
	}
}

func (m *loadMeter) begin() {
	m.mu.Lock()
	m.running = true
	m.began, _ = spent()
	m.mu.Unlock()
	m.sample(time.Now(), true)
}

func (m *loadMeter) sample(now time.Time, files bool) {
	s := loadSample{at: now}
	s.cpu, _ = spent()
	s.busy, s.all = machineTicks()
	stats := m.server.committer.Stats()
	s.commands, s.batches = stats.Commands, stats.Batches
	open := 0
	if files {
		open = openFiles()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running || len(m.samples) >= samplesMax {
		return
	}
	l := &m.load
	l.OpenPeak = max(l.OpenPeak, m.server.public.door.open())
	l.WaitingPeak = max(l.WaitingPeak, int(m.server.site.Waiting()))
	l.Late, l.FilesPeak = m.server.site.Late(), max(l.FilesPeak, open)
	if n := len(m.samples); n > 0 {
		last := m.samples[n-1]
		if d := now.Sub(last.at).Seconds(); d > 0 {
			l.CommandPeak = max(l.CommandPeak, float64(s.commands-last.commands)/d)
		}
	}
	m.samples = append(m.samples, s)
}

// end stops measuring and returns what was found.
func (m *loadMeter) end() rehearsal.Load {
	m.sample(time.Now(), true)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = false
	m.ended, _ = spent()
	l := m.load
	l.Cores, l.BatchMax = runtime.GOMAXPROCS(0), committer.BatchMax
	l.OpenMax, l.FilesMax = m.server.cfg.Connections, raiseFiles()
	l.MailPaceMS = float64(outbox.Pace.Microseconds()) / 1000
	_, l.MemoryPeak = spent()
	l.MemoryMax = memoryOfMachine()
	l.CPUPeak, l.MachinePeak = m.busiest()
	slices.Sort(m.syncs)
	l.SyncMS, l.SyncP99MS = quantile(m.syncs, 50), quantile(m.syncs, 99)
	return l
}

// cpuUsed is the processor time of the whole process while it was measured.
func (m *loadMeter) cpuUsed() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended - m.began
}

// busiest returns how many cores this process used in its busiest window, and the share
// of the machine that was in use in the machine's busiest. A run that is shorter than a
// window is one.
func (m *loadMeter) busiest() (cores, machine float64) {
	width := max(min(sampleWindow, len(m.samples)-1), 1)
	for i := width; i < len(m.samples); i++ {
		from, to := m.samples[i-width], m.samples[i]
		if d := to.at.Sub(from.at); d > 0 {
			cores = max(cores, (to.cpu-from.cpu).Seconds()/d.Seconds())
		}
		if all := to.all - from.all; all > 0 {
			machine = max(machine, float64(to.busy-from.busy)/float64(all))
		}
	}
	return cores, machine
}

func quantile(sorted []float64, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

// machineTicks reads how long all cores have been busy, and in all, from Linux's
// /proc/stat (proc(5)); 0, 0 elsewhere.
func machineTicks() (busy, all int64) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	const idle, ioWait, guests = 4, 5, 9 // columns; guests' time is counted among the others
	for i, word := range strings.Fields(line) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || i >= guests {
			continue
		}
		all += n
		if i != idle && i != ioWait {
			busy += n
		}
	}
	return busy, all
}

// openFiles counts this process's open files; 0 where the system does not tell.
func openFiles() int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(files)
}

// memoryOfMachine is in bytes; 0 where the system does not tell.
func memoryOfMachine() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "MemTotal:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
