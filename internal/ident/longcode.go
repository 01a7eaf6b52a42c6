package ident

import (
	"math/big"
	"strings"

	"einlass/internal/fault"
)

// LongCodeGroupsMax is the most groups a long code may have: the weights of the check
// symbol must stay below codePrime, and nobody types more.
const LongCodeGroupsMax = 8

// bigDigits are the digits of package math/big in base codePrime, in the order of
// codeAlphabet.
const bigDigits = "0123456789abcdefghijklmnopqrstu"

// LongCodeRoom is how many values a long code of so many groups can hold.
func LongCodeRoom(groups int) *big.Int {
	return new(big.Int).Exp(big.NewInt(codePrime), big.NewInt(int64(groups*codeGroupSize-1)), nil)
}

// LongCode writes a value below LongCodeRoom(groups) as people read it: in the symbols
// and the groups of a booking code, K7M-4QX-9D2-0AB, the last symbol being the check
// symbol of the others.
func LongCode(value *big.Int, groups int) string {
	data := make([]byte, groups*codeGroupSize-1)
	digits := value.Text(codePrime)
	pad := len(data) - len(digits)
	for i := range data {
		data[i] = codeAlphabet[0]
		if i >= pad {
			data[i] = codeAlphabet[strings.IndexByte(bigDigits, digits[i-pad])]
		}
	}
	return grouped(string(append(data, checkSymbol(data))))
}

// ParseLongCode reads a long code as people type it, by the rules of ParseCode and with
// its errors. Only whole groups are a code.
func ParseLongCode(s string) (value *big.Int, groups int, err error) {
	symbols, err := readSymbols(s, LongCodeGroupsMax*codeGroupSize)
	if err != nil {
		return nil, 0, err
	}
	groups = len(symbols) / codeGroupSize
	if groups == 0 || len(symbols)%codeGroupSize != 0 {
		return nil, 0, fault.Field("code", codeForm)
	}
	data := symbols[:len(symbols)-1]
	if checkSymbol(data) != symbols[len(data)] {
		return nil, 0, fault.Field("code", codeTypo)
	}
	for i, c := range data {
		data[i] = bigDigits[strings.IndexByte(codeAlphabet, c)]
	}
	value, _ = new(big.Int).SetString(string(data), codePrime)
	return value, groups, nil
}
