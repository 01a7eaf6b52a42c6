package catalog

import (
	"strings"
	"unicode"

	"einlass/internal/ident"

	"golang.org/x/text/unicode/norm"
)

// CodeMin is the shortest access code a list may contain, in characters after
// NormalizeCode. Shorter ones are guessed before the guess limit helps.
const CodeMin = 6

// NormalizeCode brings an access code as typed into the one form that is hashed
// and compared: compatibility forms folded (NFKC), upper case, everything but
// letters and digits left out. "kita 4-7qm" and "KITA-47QM" are one code. A code
// is never repaired beyond that: O and 0 stay different, lists are not ours.
// The result has at most CodeMax bytes; a longer one is no code and gives "".
func NormalizeCode(typed string) string {
	if len(typed) > codeTypedMax {
		return ""
	}
	var sb strings.Builder
	for _, r := range strings.ToUpper(norm.NFKC.String(typed)) {
		if r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			sb.WriteRune(r)
		}
	}
	if sb.Len() > CodeMax {
		return ""
	}
	return sb.String()
}

// codeTypedMax is the longest input looked at, in bytes: a code with a separator
// after every character is still read.
const codeTypedMax = 4 * CodeMax

// CodeDigest is how an access code is stored, after NormalizeCode. Codes are
// short-lived and long enough that their digest need not be slow.
func CodeDigest(code string) ident.Digest { return ident.DigestOf([]byte("access code"), []byte(code)) }
