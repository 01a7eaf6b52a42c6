package ident

import (
	"math/big"
	"strings"
	"testing"

	"einlass/internal/fault"
)

func TestLongCodesAreReadBack(t *testing.T) {
	for groups := 1; groups <= LongCodeGroupsMax; groups++ {
		room := LongCodeRoom(groups)
		last := new(big.Int).Sub(room, big.NewInt(1))
		for _, v := range []*big.Int{big.NewInt(0), big.NewInt(1), new(big.Int).Rsh(room, 1), last} {
			code := LongCode(v, groups)
			if len(code) != groups*4-1 {
				t.Errorf("%v in %d groups is %q", v, groups, code)
			}
			for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.ReplaceAll(code, "0", "o"), " " + strings.ReplaceAll(code, "-", " ")} {
				if got, n, err := ParseLongCode(typed); err != nil || got.Cmp(v) != 0 || n != groups {
					t.Errorf("%q read as %v in %d groups, %v; want %v", typed, got, n, err, v)
				}
			}
		}
	}
}

// TestOneMistakeInALongCodeIsFound: any one symbol wrong, any two neighbours swapped.
func TestOneMistakeInALongCodeIsFound(t *testing.T) {
	code := strings.ReplaceAll(LongCode(new(big.Int).Rsh(LongCodeRoom(5), 3), 5), "-", "")
	mistakes := 0
	try := func(typed string) {
		if typed == code {
			return
		}
		mistakes++
		if v, _, err := ParseLongCode(typed); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%q read as %v: %v", typed, v, err)
		}
	}
	for i := range code {
		for _, c := range codeAlphabet {
			try(code[:i] + string(c) + code[i+1:])
		}
		if i > 0 {
			try(code[:i-1] + string(code[i]) + string(code[i-1]) + code[i+1:])
		}
	}
	if mistakes < 15*30 {
		t.Errorf("only %d mistakes", mistakes)
	}
	for _, typed := range []string{"", "K7", "K7M4", "K7M-4QX-9D", strings.Repeat("0", 25), "K7M-4Q!-9D2"} {
		if v, _, err := ParseLongCode(typed); err == nil {
			t.Errorf("%q read as %v", typed, v)
		}
	}
}
