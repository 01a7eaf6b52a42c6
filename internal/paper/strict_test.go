package paper

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// This file is the second reader: it shares no code with the library that
// writes, takes nothing on trust and refuses what RFC 5545 refuses.

// property is one content line after unfolding.
type property struct {
	name, params, value string
}

// block is a component with its properties and parts.
type block struct {
	name  string
	props []property
	parts []block
}

// contentLine is the grammar of RFC 5545 §3.1, for parameters without quotes.
var contentLine = regexp.MustCompile(`^([A-Z][A-Z0-9-]*)((?:;[A-Z-]+=[^",;:\x00-\x1f\x7f]*)*):(.*)$`)

// unfold checks the physical lines and joins the folded ones (§3.1).
func unfold(file []byte) ([]string, error) {
	if !bytes.HasSuffix(file, []byte("\r\n")) {
		return nil, fmt.Errorf("the file does not end with CRLF")
	}
	var lines []string
	for i, raw := range strings.Split(strings.TrimSuffix(string(file), "\r\n"), "\r\n") {
		switch {
		case strings.ContainsAny(raw, "\r\n"):
			return nil, fmt.Errorf("line %d has a bare CR or LF", i+1)
		case len(raw) > 75:
			return nil, fmt.Errorf("line %d has %d octets", i+1, len(raw))
		case !utf8.ValidString(raw):
			return nil, fmt.Errorf("line %d is cut inside a character", i+1)
		case raw == "":
			return nil, fmt.Errorf("line %d is empty", i+1)
		case raw[0] == ' ' && len(lines) == 0:
			return nil, fmt.Errorf("the first line continues nothing")
		case raw[0] == ' ':
			lines[len(lines)-1] += raw[1:]
		default:
			lines = append(lines, raw)
		}
	}
	return lines, nil
}

// parse reads the one VCALENDAR of a file.
func parse(file []byte) (block, error) {
	lines, err := unfold(file)
	if err != nil {
		return block{}, err
	}
	open := []block{{}}
	for _, line := range lines {
		m := contentLine.FindStringSubmatch(line)
		if m == nil {
			return block{}, fmt.Errorf("not a content line: %q", line)
		}
		top := len(open) - 1
		switch m[1] {
		case "BEGIN":
			open = append(open, block{name: m[3]})
		case "END":
			if top == 0 || open[top].name != m[3] {
				return block{}, fmt.Errorf("END:%s closes nothing", m[3])
			}
			open[top-1].parts = append(open[top-1].parts, open[top])
			open = open[:top]
		default:
			open[top].props = append(open[top].props, property{m[1], m[2], m[3]})
		}
	}
	if len(open) != 1 || len(open[0].parts) != 1 || len(open[0].props) != 0 || open[0].parts[0].name != "VCALENDAR" {
		return block{}, fmt.Errorf("not exactly one VCALENDAR")
	}
	return open[0].parts[0], nil
}

// get finds the one property with a name; a second one is an error.
func (b block) get(name string) (property, error) {
	var found []property
	for _, p := range b.props {
		if p.name == name {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return property{}, fmt.Errorf("%s has %d %s, want 1", b.name, len(found), name)
	}
	return found[0], nil
}

// unescape reads a TEXT value (§3.3.11) and refuses what must be escaped.
func unescape(s string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ',' || c == ';' || (c < ' ' && c != '\t') || c == 0x7f:
			return "", fmt.Errorf("%q stands unescaped in %q", c, s)
		case c != '\\':
			out.WriteByte(c)
		default:
			i++
			if i == len(s) || !strings.ContainsRune(`\,;nN`, rune(s[i])) {
				return "", fmt.Errorf("unknown escape in %q", s)
			}
			if s[i] == 'n' || s[i] == 'N' {
				out.WriteByte('\n')
			} else {
				out.WriteByte(s[i])
			}
		}
	}
	return out.String(), nil
}

// text is a property's unescaped value.
func (b block) text(name string) (string, error) {
	p, err := b.get(name)
	if err != nil {
		return "", err
	}
	return unescape(p.value)
}
