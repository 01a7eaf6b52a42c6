package view

import (
	"fmt"
	"math"
)

// contrastMin is what text on its ground must reach (WCAG 2.2, 1.4.3).
const contrastMin = 4.5

// The grounds accents are read on, in both schemes.
var (
	lightGround = rgb{0xff, 0xff, 0xff}
	darkGround  = rgb{0x1c, 0x1f, 0x23}
)

type rgb [3]float64

// Accents returns the organizer's colour for light and dark pages, made darker
// or lighter until it reads with 4.5:1 on its ground. A colour that is none
// becomes the default.
func Accents(hex string) (light, dark string) {
	c, ok := parseHex(hex)
	if !ok {
		c, _ = parseHex(DefaultAccent)
	}
	return towards(c, rgb{0, 0, 0}, lightGround).hex(), towards(c, rgb{255, 255, 255}, darkGround).hex()
}

func parseHex(s string) (rgb, bool) {
	var r, g, b uint8
	if n, err := fmt.Sscanf(s, "#%02x%02x%02x", &r, &g, &b); err != nil || n != 3 || len(s) != 7 {
		return rgb{}, false
	}
	return rgb{float64(r), float64(g), float64(b)}, true
}

func (c rgb) hex() string {
	return fmt.Sprintf("#%02x%02x%02x", uint8(math.Round(c[0])), uint8(math.Round(c[1])), uint8(math.Round(c[2])))
}

// towards mixes c with end in small steps until it stands out from ground.
func towards(c, end, ground rgb) rgb {
	const steps = 50
	for i := range steps + 1 {
		f := float64(i) / steps
		mixed := rgb{c[0] + (end[0]-c[0])*f, c[1] + (end[1]-c[1])*f, c[2] + (end[2]-c[2])*f}
		if contrast(mixed, ground) >= contrastMin {
			return mixed
		}
	}
	return end
}

// contrast is the ratio of WCAG 2.2.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func (c rgb) luminance() float64 {
	var l [3]float64
	for i, v := range c {
		v /= 255
		if v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}
