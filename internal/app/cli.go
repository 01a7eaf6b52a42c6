package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"einlass/internal/fault"

	"github.com/alecthomas/kong"
)

// Console is where a command reads and writes.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
}

// commands are the program's commands and flags.
type commands struct {
	common

	Serve    serveCmd    `cmd:"" help:"Run the public, staff and ops pages on one database."`
	Demo     demoCmd     `cmd:"" help:"Sell a famous sale to a crowd on this machine, and check everything afterwards."`
	Apply    applyCmd    `cmd:"" help:"Set up or change a sale from a sale file, also while a server runs."`
	Rehearse rehearseCmd `cmd:"" help:"Send a crowd to a marked copy of a sale, on the server that runs, and say whether it holds."`
	Verify   verifyCmd   `cmd:"" help:"Recompute every count from the bookings and name each difference; verify draw does so with a draw."`
	Mail     mailCmd     `cmd:"" help:"Messages that could not be delivered."`
	Room     roomCmd     `cmd:"" help:"Levers of a waiting room: what is done is seen within a second."`
	Staff    staffCmd    `cmd:"" help:"Accounts of those who work here."`
	Version  versionCmd  `cmd:"" help:"Say which version this is; --version does the same."`
	Crowd    crowdCmd    `cmd:"" hidden:"" help:"The crowd's process of a demo or rehearsal."`
}

// common are the flags of every command.
type common struct {
	DB       string `name:"db" default:"einlass.db" placeholder:"FILE" help:"The database (${default})."`
	JSON     bool   `name:"json" help:"Write the result as exactly one JSON object to standard output."`
	Log      string `enum:"text,json" default:"text" help:"Form of the log on standard error: ${enum} (${default})."`
	LogLevel string `enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: ${enum} (${default})."`
}

// shell is one call of the program: what a command works with.
type shell struct {
	Console
	common
	ctx context.Context
	log *slog.Logger
}

// result is what a command has to say: as one object for programs, as text for
// people. Code is the exit code when there is no error.
type result struct {
	Object any
	Text   string
	Code   int
	// written says that the command has told everything by itself.
	written bool
}

// command is what every command does.
type command interface {
	run(*shell) (result, error)
}

// Main runs the program and returns its exit code. ctx ends when the program is
// asked to stop.
func Main(ctx context.Context, args []string, console Console) int {
	var cli commands
	left := false // kong has answered by itself: help
	parser, err := kong.New(&cli, kong.Name("einlass"),
		kong.Description("Booking for scarce places: few places, many takers, one moment when booking opens.\n\nEvery flag is also an environment variable: --mail-from is EINLASS_MAIL_FROM."),
		kong.DefaultEnvars("EINLASS"), kong.Vars{"lang": langOfTerminal()}, kong.Writers(helpTo(console, args), console.Err), kong.Exit(func(int) { left = true }),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true}))
	if err != nil {
		fmt.Fprintln(console.Err, "einlass:", err) //nolint:errcheck // nobody is left to tell
		return exitUsage
	}
	asked := args
	if len(args) == 0 {
		asked = []string{"--help"}
	}
	parsed, err := parser.Parse(versionWord(asked))
	switch {
	case left && len(args) == 0:
		return exitUsage // nobody said what to do
	case left:
		return exitOK
	case err != nil:
		return usage(console, args, err)
	}
	chosen, ok := parsed.Selected().Target.Addr().Interface().(command)
	if !ok {
		return usage(console, args, errors.New("a further word is needed"))
	}
	s := &shell{Console: console, common: cli.common, ctx: ctx, log: newLog(console.Err, cli.Log, cli.LogLevel)}
	return s.finish(chosen.run(s))
}

// helpTo is where help goes: to standard output when it was asked for, so that it
// can be piped; as an error message when no command was given.
func helpTo(console Console, args []string) io.Writer {
	if len(args) == 0 {
		return console.Err
	}
	return console.Out
}

// versionWord lets people ask for the version as most programs are asked.
func versionWord(args []string) []string {
	for i, arg := range args {
		switch {
		case arg == "--version":
			return slices.Concat(args[:i], []string{"version"}, args[i+1:])
		case !strings.HasPrefix(arg, "-"):
			return args // a command has it for itself
		}
	}
	return args
}

// usage says what is wrong with the command line, and where help is.
func usage(console Console, args []string, err error) int {
	help := "einlass --help"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		help = "einlass " + args[0] + " --help"
	}
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() == nil {
		help = "einlass --help"
	}
	text := err.Error()
	if !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, ".") {
		text += "."
	}
	fmt.Fprintf(console.Err, "einlass: %s See: %s\n", text, help) //nolint:errcheck // nobody is left to tell
	return exitUsage
}

// finish writes the result and returns the exit code.
func (s *shell) finish(r result, err error) int {
	code := r.Code
	if err != nil {
		code = exitOf(err)
		fmt.Fprintf(s.Err, "einlass: %v\n", err) //nolint:errcheck // nobody is left to tell
		if r.Object == nil {
			r.Object = failure{Error: err.Error(), Kind: fault.KindOf(err).String()}
		}
	}
	if r.written {
		return code
	}
	if err := s.write(r); err != nil {
		fmt.Fprintf(s.Err, "einlass: standard output: %v\n", err) //nolint:errcheck // nobody is left to tell
		return max(code, exitFailed)
	}
	return code
}

// failure is the one object of a command that could not do what it was to do.
type failure struct {
	Error string `json:"error"`
	Kind  string `json:"kind"`
}

func (s *shell) write(r result) error {
	if s.JSON {
		if r.Object == nil {
			r.Object = struct{}{}
		}
		return json.NewEncoder(s.Out).Encode(r.Object)
	}
	if r.Text == "" {
		return nil
	}
	_, err := io.WriteString(s.Out, strings.TrimRight(r.Text, "\n")+"\n")
	return err
}

// newLog writes to standard error. Nothing personal is ever logged: rooms log
// numbers and reasons, and people's addresses reach no log.
func newLog(w io.Writer, form, level string) *slog.Logger {
	var l slog.Level
	if l.UnmarshalText([]byte(level)) != nil {
		l = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: l}
	if form == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// database returns the file that --db names, which must exist unless it may be
// made.
func (s *shell) database(mayBeMade bool) (string, error) {
	path, err := databasePath(s.DB)
	if err != nil || mayBeMade {
		return path, err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fault.New(fault.Unavailable, "there is no database %s; name it with --db", path)
	}
	return path, nil
}
