package locale

import (
	"slices"
	"strconv"
	"strings"
)

// acceptMax is how much of an Accept-Language header is read, in bytes. Browsers
// send fewer than 100; the rest could only cost time.
const acceptMax = 200

// Negotiate chooses the language of a page: what the address asks for (?lang=),
// else what the browser likes best (Accept-Language, RFC 9110 12.5.4), else
// German. Only the first part of a tag counts, so de-AT is German. Parts that
// cannot be read are passed over.
func Negotiate(query, acceptLanguage string) Lang {
	if slices.Contains(Langs, Lang(query)) {
		return Lang(query)
	}
	if len(acceptLanguage) > acceptMax {
		cut := acceptLanguage[:acceptMax]
		acceptLanguage = cut[:max(0, strings.LastIndexByte(cut, ','))]
	}
	best, most := German, 0.0
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tag, weight := acceptPart(part)
		base, _, _ := strings.Cut(tag, "-")
		if weight > most && slices.Contains(Langs, Lang(base)) {
			best, most = Lang(base), weight
		}
	}
	return best
}

// acceptPart reads one part of the header: "en-GB;q=0.8". A weight that cannot be
// read is 0.
func acceptPart(part string) (tag string, weight float64) {
	tag, parameter, _ := strings.Cut(part, ";")
	weight = 1
	if q, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q="); found {
		var err error
		if weight, err = strconv.ParseFloat(q, 64); err != nil || weight > 1 {
			weight = 0
		}
	}
	return strings.ToLower(strings.TrimSpace(tag)), weight
}
