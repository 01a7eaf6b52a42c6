package ident

import (
	"io"
	"strings"

	"einlass/internal/fault"
)

// CodeSymbols is the length of a booking code: eight symbols of 5 bits and one
// check symbol, shown in three groups of three.
const CodeSymbols = 9

const (
	codeData = CodeSymbols - 1
	// codePrime is the modulus of the check symbol. 31 is prime and below the
	// alphabet's 32, so every single wrong symbol and every swap of neighbours
	// between two different values is found, except 0 for z (31 ≡ 0 mod 31):
	// z is therefore never used.
	codePrime     = 31
	codeAlphabet  = "0123456789ABCDEFGHJKMNPQRSTVWXY"
	codeGroupSize = 3
)

// Code is a booking code: short enough to read aloud, with one typing mistake
// found. It opens nothing by itself: a birth date or the contact must go with it.
type Code string

// NewCode draws a code from r. Codes are not unique: 31^8 ≈ 8.5·10¹¹; who looks
// one up compares the second factor.
func NewCode(r io.Reader) (Code, error) {
	out := make([]byte, 0, CodeSymbols)
	var b [1]byte
	for len(out) < codeData {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return "", fault.New(fault.Unavailable, "draw a booking code: %w", err)
		}
		// 248 = 8·31: values above would favour the first symbols.
		if b[0] < 8*codePrime {
			out = append(out, codeAlphabet[b[0]%codePrime])
		}
	}
	return Code(append(out, checkSymbol(out))), nil
}

// String shows the code in groups: K7M-4QX-9D2.
func (c Code) String() string { return grouped(string(c)) }

func grouped(symbols string) string {
	var sb strings.Builder
	for i := 0; i < len(symbols); i++ {
		if i > 0 && i%codeGroupSize == 0 {
			sb.WriteByte('-')
		}
		sb.WriteByte(symbols[i])
	}
	return sb.String()
}

// ParseCode reads a code as people type it: any case, with or without dashes
// and spaces, O for 0, I and L for 1. A wrong check symbol is Invalid with code
// "code.typo", anything else that is no code Invalid with code "code.form".
func ParseCode(s string) (Code, error) {
	out, err := readSymbols(s, CodeSymbols)
	if err != nil {
		return "", err
	}
	if len(out) != CodeSymbols {
		return "", fault.Field("code", codeForm)
	}
	if checkSymbol(out[:codeData]) != out[codeData] {
		return "", fault.Field("code", codeTypo)
	}
	return Code(out), nil
}

// The messages of what is wrong with a typed code.
const (
	codeForm = "code.form"
	codeTypo = "code.typo"
)

// readSymbols reads the symbols of a code as people type them, at most so many.
func readSymbols(s string, most int) ([]byte, error) {
	out := make([]byte, 0, most)
	for _, r := range strings.ToUpper(s) {
		switch r {
		case '-', ' ', '\t', '\u00a0', '–', '.':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if r > 127 || strings.IndexByte(codeAlphabet, byte(r)) < 0 || len(out) == most {
			return nil, fault.Field("code", codeForm)
		}
		out = append(out, byte(r))
	}
	return out, nil
}

// checkSymbol is the weighted sum 1·s0 + 2·s1 + … modulo 31.
func checkSymbol(data []byte) byte {
	sum := 0
	for i, c := range data {
		sum += (i + 1) * strings.IndexByte(codeAlphabet, c)
	}
	return codeAlphabet[sum%codePrime]
}
