package rehearsal

import "strings"

// answers says what a person writes into the control of that name; ok is false
// where it leaves what the page has.
type answers func(f *Field) (value string, ok bool)

// unticked is what a person says of a box that it takes the tick out of.
const unticked = "\x00"

// fill returns the form's body as a browser would send it, urlencoded, with the
// controls in page order (HTML, 4.10.21.4).
func fill(form *Form, say answers) []byte {
	b := make([]byte, 0, 256)
	pressed := false
	for i := range form.Fields {
		f := &form.Fields[i]
		v, ok := say(f)
		switch f.Type {
		case "hidden":
			v, ok = f.Value, true
		case "submit":
			if pressed {
				continue
			}
			v, ok, pressed = f.Value, true, true
		case "radio":
			if !ok {
				v, ok = f.Value, f.Value != ""
			}
		case "checkbox":
			if ok && v == unticked {
				continue
			}
			v, ok = f.Choices[0].Value, ok || f.Value != "" || f.Needed
		case "select":
			if !ok || !f.has(v) {
				v, ok = f.Value, true
			}
		default:
			if !ok {
				v, ok = f.Value, true
			}
		}
		if ok {
			b = appendPair(b, f.Name, v)
		}
	}
	return b
}

func appendPair(b []byte, name, value string) []byte {
	if len(b) > 0 {
		b = append(b, '&')
	}
	b = append(appendEscaped(b, name), '=')
	return appendEscaped(b, value)
}

// appendEscaped is application/x-www-form-urlencoded (URL standard, 5.2).
func appendEscaped(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '*':
			b = append(b, c)
		case c == ' ':
			b = append(b, '+')
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// numbered splits "birth-2" into its word and the participant's number, from 1.
func numbered(name string) (word string, n int) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || len(name)-i > 3 {
		return name, 0
	}
	for _, c := range name[i+1:] {
		if c < '0' || c > '9' {
			return name, 0
		}
		n = n*10 + int(c-'0')
	}
	return name[:i], n
}

// chooseSlot picks a choice with at least size places free, earlier ones more
// often: u is uniform in [0, 1), and its square leans to the front as people lean
// to the first day offered. Slots in avoid are taken only when nothing else is
// left. ok is false when nothing fits.
func chooseSlot(choices []Choice, size int, u float64, avoid string) (value string, ok bool) {
	fits := make([]int, 0, len(choices))
	for i := range choices {
		if c := &choices[i]; (c.Free < 0 || c.Free >= size) && c.Value != avoid {
			fits = append(fits, i)
		}
	}
	if len(fits) == 0 {
		for i := range choices {
			if c := &choices[i]; c.Value == avoid && (c.Free < 0 || c.Free >= size) {
				return c.Value, true
			}
		}
		return "", false
	}
	return choices[fits[int(u*u*float64(len(fits)))]].Value, true
}
