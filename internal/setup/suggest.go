package setup

import "strings"

// shownMax is how much of a wrong word is repeated in a problem, in characters.
const shownMax = 40

// suggest names the known word nearest to a wrong one: `; did you mean "opens"?`
// If none is near it lists them all.
func suggest(wrong string, known []string) string {
	best, least := "", len(wrong)/2+2
	for _, k := range known {
		if d := distance(shorten(wrong), k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return `; did you mean "` + best + `"?`
	}
	return "; known here: " + strings.Join(known, ", ")
}

// shorten cuts what a file contains to what fits a line.
func shorten(s string) string {
	runes := []rune(s)
	if len(runes) <= shownMax {
		return s
	}
	return string(runes[:shownMax]) + "…"
}

// distance is how many letters must be put in, taken out, changed or swapped with
// their neighbour to make b of a (Damerau-Levenshtein, restricted).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int
	prev := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range x {
		row := make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			change := prev[j]
			if x[i] != y[j] {
				change++
			}
			row[j+1] = min(prev[j+1]+1, row[j]+1, change)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(y)]
}
