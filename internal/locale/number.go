package locale

import (
	"strconv"
	"strings"
)

// nbsp keeps an amount and its currency on one line.
const nbsp = "\u00a0"

// groupDigits is how many digits stand between two thousands marks.
const groupDigits = 3

// centsPerUnit is how many cents make one unit of the currencies we know.
const centsPerUnit = 100

// currencySigns are the signs people know; other currencies show their code.
var currencySigns = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// Number writes an integer with thousands marks: "66.000" / "66,000".
func Number(lang Lang, n int64) string {
	mark := byte('.')
	if lang == English {
		mark = ','
	}
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var sb strings.Builder
	sb.WriteString(sign)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%groupDigits == 0 {
			sb.WriteByte(mark)
		}
		sb.WriteByte(digits[i])
	}
	return sb.String()
}

// Money writes an amount in cents: "58,00 €" / "€58.00". The currency is an
// ISO 4217 code with two decimals; the space does not break.
func Money(lang Lang, cents int64, currency string) string {
	sign := ""
	units, rest := cents/centsPerUnit, cents%centsPerUnit
	if cents < 0 {
		sign, units, rest = "-", -units, -rest
	}
	symbol, known := currencySigns[currency]
	if !known {
		symbol = currency
	}
	switch {
	case lang != English:
		return sign + Number(German, units) + "," + two(int(rest)) + nbsp + symbol
	case known:
		return sign + symbol + Number(English, units) + "." + two(int(rest))
	}
	return sign + symbol + nbsp + Number(English, units) + "." + two(int(rest))
}

// List joins with "und" / "and": "A, B und C" / "A, B and C".
func List(lang Lang, items []string) string {
	return join(items, T(lang, "format.and"))
}

// ListOr joins with "oder" / "or": "A, B oder C" / "A, B or C".
func ListOr(lang Lang, items []string) string {
	return join(items, T(lang, "format.or"))
}

func join(items []string, last string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], ", ") + " " + last + " " + items[n-1]
	}
}
