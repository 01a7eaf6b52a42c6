package paper

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// randomContents are n contents as a booking system writes them and as nobody
// should: addresses, codes, digits, signed numbers, any printable ASCII, umlauts.
func randomContents(n int) []string {
	r := rand.New(rand.NewPCG(2021, 403))
	alphabets := []string{
		"abcdefghijklmnopqrstuvwxyz234567", "0123456789", "+-0123456789", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:",
		"äöüßÄÖÜ–€abc ", "!\"#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~",
	}
	contents := []string{"https://termine.kreis.example/b/abcdefghijklmnopqrstuvwxyz", "+12", "-12", "0", strings.Repeat("x", MaxQRContent)}
	for i := len(contents); i < n; i++ {
		alphabet := []rune(alphabets[i%len(alphabets)])
		content := "x"
		if i%len(alphabets) < 4 { // the pure modes must stay pure
			content = ""
		}
		for range 4 + r.IntN(60) {
			content += string(alphabet[r.IntN(len(alphabet))])
		}
		contents = append(contents, strings.ReplaceAll(content, " ", "."))
	}
	return contents
}

// scan reads the codes of PNG files in one call, one content per line.
func scan(t *testing.T, pictures [][]byte) []string {
	t.Helper()
	tool, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("reading QR codes back needs the program zbarimg: install the Debian package zbar-tools")
	}
	folder := t.TempDir()
	args := []string{"--raw", "--quiet", "-Sdisable", "-Sqrcode.enable"}
	for i, picture := range pictures {
		name := filepath.Join(folder, fmt.Sprintf("%03d.png", i))
		if err := os.WriteFile(name, picture, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	out, err := exec.Command(tool, args...).Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestQRIsReadBack(t *testing.T) {
	const wanted = 60
	contents := randomContents(wanted)
	var pngs, svgs [][]byte
	for _, content := range contents {
		picture, err := QRPNG(content, 3)
		if err != nil {
			t.Fatal(err)
		}
		drawing, err := QRSVG(content)
		if err != nil {
			t.Fatal(err)
		}
		pngs, svgs = append(pngs, picture), append(svgs, rasterise(t, drawing, 3))
	}
	for kind, pictures := range map[string][][]byte{"PNG": pngs, "SVG": svgs} {
		got := scan(t, pictures)
		if len(got) != wanted {
			t.Fatalf("%s: %d of %d codes were read", kind, len(got), wanted)
		}
		for i := range got {
			if got[i] != contents[i] {
				t.Errorf("%s %d: read %q, want %q", kind, i, got[i], contents[i])
			}
		}
	}
}

// svgFigure is one run of the path.
var svgFigure = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// rasterise draws the SVG's one path without sharing code with QRPNG.
func rasterise(t *testing.T, drawing []byte, scale int) []byte {
	t.Helper()
	edge, d := svgParts(t, drawing)
	picture := image.NewGray(image.Rect(0, 0, edge*scale, edge*scale))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	rest := svgFigure.ReplaceAllStringFunc(d, func(figure string) string {
		var n [4]int
		for i, s := range svgFigure.FindStringSubmatch(figure)[1:] {
			n[i], _ = strconv.Atoi(s) // digits by the pattern
		}
		for y := n[1] * scale; y < (n[1]+1)*scale; y++ {
			for x := n[0] * scale; x < (n[0]+n[2])*scale; x++ {
				picture.SetGray(x, y, color.Gray{})
			}
		}
		if n[2] != n[3] {
			t.Fatalf("figure %q does not close", figure)
		}
		return ""
	})
	if rest != "" {
		t.Fatalf("the path holds %q beside its runs", rest)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// svgParts checks the elements of the drawing and returns its edge and path.
func svgParts(t *testing.T, drawing []byte) (edge int, d string) {
	t.Helper()
	var elements []string
	decoder := xml.NewDecoder(bytes.NewReader(drawing))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		elements = append(elements, start.Name.Local)
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "viewBox":
				if _, err := fmt.Sscanf(a.Value, "0 0 %d", &edge); err != nil {
					t.Fatal(err)
				}
			case "d":
				d = a.Value
			}
		}
	}
	if got := strings.Join(elements, " "); got != "svg rect path" {
		t.Fatalf("elements %q, want one ground and one path", got)
	}
	if !bytes.Contains(drawing, []byte(`shape-rendering="crispEdges"`)) {
		t.Error("edges are not crisp")
	}
	return edge, d
}

func TestQRKeepsItsQuietZone(t *testing.T) {
	picture, err := QRPNG("K7F-3QX", 1)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	edge := img.Bounds().Dx()
	if edge != 21+2*4 {
		t.Fatalf("edge %d, want the smallest code (21) with 4 modules around", edge)
	}
	light, checked := color.Gray{Y: 255}, 0
	for y := range edge {
		for x := range edge {
			if min(x, y, edge-1-x, edge-1-y) >= quietZone {
				continue
			}
			checked++
			if color.GrayModel.Convert(img.At(x, y)) != light {
				t.Errorf("%d,%d is dark", x, y)
			}
		}
	}
	if checked != 29*29-21*21 {
		t.Errorf("checked %d modules", checked)
	}
}

func TestQRIsCompact(t *testing.T) {
	const most = 8 << 10 // octets: the booking page's code before compression
	drawing, err := QRSVG("https://termine.kreis.example/b/abcdefghijklmnopqrstuvwxyz")
	if err != nil || len(drawing) > most {
		t.Errorf("%d octets, %v; want at most %d", len(drawing), err, most)
	}
}

func TestQRRefuses(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "too long": strings.Repeat("x", MaxQRContent+1), "not UTF-8": "a\xff"} {
		_, svgErr := QRSVG(content)
		_, pngErr := QRPNG(content, 1)
		if !errors.Is(svgErr, ErrQRContent) || !errors.Is(pngErr, ErrQRContent) {
			t.Errorf("%s: %v, %v; want ErrQRContent", name, svgErr, pngErr)
		}
	}
	for _, scale := range []int{-1, 0, MaxQRScale + 1} {
		if _, err := QRPNG("x", scale); !errors.Is(err, ErrQRContent) {
			t.Errorf("scale %d: %v, want ErrQRContent", scale, err)
		}
	}
}
