// Command testsum reads `go test -json` and prints a time per suite, the failures
// with their output, and what was skipped. With CI set a skip is a failure.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

type summary struct {
	passed, failed int
	skipped        []string
	output         map[string][]string
	broken         []string
}

func main() {
	s := summary{output: map[string][]string{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<24)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // a compiler's words
			continue
		}
		s.take(e)
	}
	if err := in.Err(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s.close()
}

func (s *summary) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		s.output[key] = append(s.output[key], e.Output)
	case "pass":
		if e.Test != "" {
			s.passed++
		} else {
			fmt.Printf("%7.1fs  %s\n", e.Elapsed, e.Package)
		}
	case "skip":
		if e.Test != "" {
			s.skipped = append(s.skipped, key+": "+reason(s.output[key]))
		}
	case "fail", "build-fail":
		s.fail(e, key)
	}
	if e.Action == "pass" || e.Action == "skip" {
		delete(s.output, key)
	}
}

func (s *summary) fail(e event, key string) {
	if e.Test != "" {
		s.failed++
	}
	s.broken = append(s.broken, key)
	fmt.Printf("FAIL %s\n%s", key, strings.Join(s.output[key], ""))
	if e.Test == "" {
		s.unfinished(e.Package)
	}
}

// unfinished shows the beginning of what a package's tests said that neither passed nor failed:
// the program crashed in one of them.
func (s *summary) unfinished(pkg string) {
	const lines = 40
	for key, said := range s.output {
		if strings.HasPrefix(key, pkg+" Test") && !slices.Contains(s.broken, key) {
			fmt.Printf("unfinished: %s\n%s", key, strings.Join(said[:min(lines, len(said))], ""))
		}
	}
}

func reason(lines []string) string {
	for _, l := range lines {
		if l = strings.TrimSpace(l); !strings.HasPrefix(l, "===") && !strings.HasPrefix(l, "---") && l != "" {
			return l
		}
	}
	return "no reason given"
}

func (s *summary) close() {
	slices.Sort(s.skipped)
	for _, k := range s.skipped {
		fmt.Println("skipped", k)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", s.passed, s.failed, len(s.skipped))
	if len(s.broken) > 0 || s.passed == 0 || os.Getenv("CI") != "" && len(s.skipped) > 0 {
		os.Exit(1)
	}
}
