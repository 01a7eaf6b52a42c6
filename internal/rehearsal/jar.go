package rehearsal

import (
	"strconv"
	"strings"
)

// Bounds of a jar: a server that wants more cookies than this from one person
// has a mistake.
const (
	jarCookies = 20
	jarBytes   = 4096 // of all names and values
)

// jar is one person's cookies. It knows paths and removal; the domain is always
// the one host the crowd talks to.
type jar struct{ cookies []cookie }

type cookie struct{ name, value, path string }

// set takes one Set-Cookie line that came with the answer for requestPath
// (RFC 6265, 5.2 and 5.3).
func (j *jar) set(line, requestPath string) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	c := cookie{name: strings.TrimSpace(name), value: strings.TrimSpace(value), path: defaultPath(requestPath)}
	if !ok || c.name == "" {
		return
	}
	gone := false
	for a := range strings.SplitSeq(attributes, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(a), "=")
		switch {
		case strings.EqualFold(k, "path") && strings.HasPrefix(v, "/"):
			c.path = v
		case strings.EqualFold(k, "max-age"):
			n, err := strconv.Atoi(v)
			gone = err == nil && n <= 0
		}
	}
	j.remove(c.name, c.path)
	if !gone && len(j.cookies) < jarCookies && j.size()+len(c.name)+len(c.value) <= jarBytes {
		j.cookies = append(j.cookies, c)
	}
}

func (j *jar) remove(name, path string) {
	for i, c := range j.cookies {
		if c.name == name && c.path == path {
			j.cookies = append(j.cookies[:i], j.cookies[i+1:]...)
			return
		}
	}
}

func (j *jar) size() (n int) {
	for _, c := range j.cookies {
		n += len(c.name) + len(c.value)
	}
	return n
}

// appendTo writes the Cookie header for path, if there is anything to say.
func (j *jar) appendTo(b []byte, path string) []byte {
	sep := "Cookie: "
	for _, c := range j.cookies {
		if !pathMatches(path, c.path) {
			continue
		}
		b = append(append(append(append(b, sep...), c.name...), '='), c.value...)
		sep = "; "
	}
	if sep == "; " {
		b = append(b, "\r\n"...)
	}
	return b
}

// defaultPath is the directory of the request (RFC 6265, 5.1.4).
func defaultPath(requestPath string) string {
	path, _, _ := strings.Cut(requestPath, "?")
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

func pathMatches(requestPath, cookiePath string) bool {
	path, _, _ := strings.Cut(requestPath, "?")
	if !strings.HasPrefix(path, cookiePath) {
		return false
	}
	return len(path) == len(cookiePath) || strings.HasSuffix(cookiePath, "/") || path[len(cookiePath)] == '/'
}
