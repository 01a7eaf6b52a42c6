package rehearsal

// Cause is what a deployment runs out of.
type Cause string

// The causes.
const (
	CauseCPU         Cause = "cpu"
	CauseQueue       Cause = "queue"
	CauseDisk        Cause = "disk"
	CauseConnections Cause = "connections"
	CauseFiles       Cause = "files"
	CauseMemory      Cause = "memory"
	CauseMail        Cause = "mail"
	CauseCrowd       Cause = "crowd"  // the crowd's own machine, not the server's
	CauseTime        Cause = "time"   // the rehearsal was too short
	CauseDefect      Cause = "defect" // of the program
	CauseUnknown     Cause = "unknown"
)

// Sureness says how far a figure may be believed.
type Sureness string

// The degrees, from sure to unsure.
const (
	Measured Sureness = "measured" // it broke in this run
	Fair     Sureness = "fair"     // extrapolated to at most twice the crowd
	Rough    Sureness = "rough"    // to at most five times
	Guess    Sureness = "guess"    // further
)

const (
	fairMin  = 0.5  // use from which an extrapolation is fair
	roughMin = 0.2  // and from which it is rough
	useMin   = 0.01 // below, nothing can be said
)

func surenessOf(use float64) Sureness {
	switch {
	case use >= fairMin:
		return Fair
	case use >= roughMin:
		return Rough
	}
	return Guess
}

// Load is how the server was loaded while the crowd was there, measured by itself.
type Load struct {
	Cores       int     `json:"cores"`
	CPUPeak     float64 `json:"cpu_peak"`     // cores used by the server's process, in its busiest ten seconds
	MachinePeak float64 `json:"machine_peak"` // share of the whole machine then, 0..1; 0: not known
	SameMachine bool    `json:"same_machine"` // the crowd ran beside the server
	// A durable sync of four kilobytes beside the copy, once a second.
	SyncMS      float64 `json:"sync_ms"` // median
	SyncP99MS   float64 `json:"sync_p99_ms"`
	BatchMax    int     `json:"batch_max"`     // commands that share one sync
	CommandPeak float64 `json:"commands_peak"` // commands in the densest second
	FilesPeak   int     `json:"files_peak"`
	FilesMax    int     `json:"files_max"` // 0: not known
	OpenPeak    int     `json:"connections_peak"`
	OpenMax     int     `json:"connections_max"`
	WaitingPeak int     `json:"waiting_peak"` // requests that waited for their turn
	Late        int64   `json:"late"`         // requests asked to come again because it did not come
	MemoryPeak  int64   `json:"memory_peak"`  // bytes
	MemoryMax   int64   `json:"memory_max"`   // bytes; 0: not known
	MailPaceMS  float64 `json:"mail_pace_ms"` // from one message to the next, as we deliver for real
}

// What counts as full.
const (
	// cpuFull is the share of all cores beyond which waiting times grow without end;
	// the rest is the kernel's and the database's own.
	cpuFull = 0.9
	// machineFull is from which share on the machine had nothing left.
	machineFull = 0.95
	// syncSlowMS is from which 99th percentile on a disk is the slowest part of a
	// booking: a clerk's hold and confirm wait for two syncs each of them.
	syncSlowMS = 50
	// mailWithinMS is within what the last confirmation should have left: people look
	// for it, and write when it is not there.
	mailWithinMS = 60 * 60 * 1000
	// fullShare is from which share on connections, files and memory count as used up.
	fullShare = 0.95
)

// Strain is how far one thing was used: 1 is where it breaks.
type Strain struct {
	Cause    Cause    `json:"cause"`
	Use      float64  `json:"use"`
	Grows    bool     `json:"grows"`     // with the crowd
	BreaksAt int      `json:"breaks_at"` // people; 0: not told
	Sure     Sureness `json:"sure"`
}

// strains are how far everything was used. All but mail are taken to grow as the crowd
// grows: its peak second becomes higher, its shape stays. Waiting times do so only while
// a line is worked off, and faster near the end; therefore a long way is called a guess.
func strains(r *Result, f *Facts, load *Load) []Strain {
	of := func(v, limit float64) float64 {
		if limit <= 0 {
			return 0
		}
		return rounded(v/limit, 3)
	}
	cpu := of(load.CPUPeak, float64(load.Cores)*cpuFull)
	if load.SameMachine && load.MachinePeak >= machineFull && load.WaitingPeak > 0 {
		cpu = max(cpu, of(load.MachinePeak, 1)) // it would have used what the crowd took
	}
	out := []Strain{
		{Cause: CauseCPU, Use: cpu, Grows: true},
		{Cause: CauseQueue, Use: of(slowest(r), answerWithinMS), Grows: true},
		{Cause: CauseDisk, Use: of(load.CommandPeak*load.SyncMS/1000, float64(load.BatchMax)), Grows: true},
		{Cause: CauseConnections, Use: of(float64(load.OpenPeak), float64(load.OpenMax)*fullShare), Grows: true},
		{Cause: CauseFiles, Use: of(float64(load.FilesPeak), float64(load.FilesMax)*fullShare), Grows: true},
		{Cause: CauseMemory, Use: of(float64(load.MemoryPeak), float64(load.MemoryMax)*fullShare), Grows: true},
		{Cause: CauseMail, Use: of(float64(f.MailsExpected)*load.MailPaceMS, mailWithinMS)},
	}
	return out
}
