package eligibility

import "slices"

// titles are words that are no part of a name, as fold writes them.
var titles = []string{
	"herr", "frau", "hr", "fr", "mr", "mrs", "ms",
	"dr", "doktor", "prof", "professor", "professorin", "pd", "mag", "dipl", "diplom", "phd", "msc", "bsc", "mba", "llm",
}

// faculties are no part of a name when they stand behind a title: "Dr. med.
// dent.", "Dipl.-Ing. (FH)". By themselves some of them are names: Phil, Nat.
var faculties = []string{
	"med", "dent", "vet", "phil", "rer", "nat", "jur", "iur", "oec", "pol", "soc", "theol", "pharm", "agr", "paed", "pad", "hc", "mult", "habil",
	"ing", "inf", "kfm", "wirt", "psych", "biol", "chem", "phys", "math", "arch", "fh", "tu", "univ", "em",
}

// degrees are two words that stand at the end of a name: "M.Sc.", "Ph.D.".
var degrees = [][2]string{
	{"m", "sc"}, {"b", "sc"}, {"m", "a"}, {"b", "a"}, {"m", "ed"}, {"b", "ed"}, {"m", "eng"}, {"b", "eng"}, {"ll", "m"}, {"ll", "b"}, {"ph", "d"},
}

// untitled leaves out what is no part of a name; if nothing else is there, it is
// the name.
func untitled(words []string) []string {
	var out []string
	title := false // the last word was one, or belonged to one
	for i := 0; i < len(words); i++ {
		honoris := words[i] == "h" && i+1 < len(words) && words[i+1] == "c"
		switch {
		case slices.Contains(titles, words[i]):
			title = true
		case title && honoris:
			i++
		case title && slices.Contains(faculties, words[i]):
		default:
			title = false
			out = append(out, words[i])
		}
	}
	for n := len(out); n > 2 && slices.Contains(degrees, [2]string(out[n-2:])); n = len(out) {
		out = out[:n-2]
	}
	if len(out) == 0 {
		return words
	}
	return out
}
