package app

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// hopsMax bounds how many entries of X-Forwarded-For are looked at.
const hopsMax = 16

// forwarded puts the person's address in place of the proxy's, and the scheme they
// use into the request's URL. Only proxies we were told to trust are believed, and
// of what they say only what they saw themselves: addresses are read from the
// right, up to the first one that is no trusted proxy, and of schemes the last one
// counts. A scheme that the request's own line names is forgotten.
func forwarded(nets []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme = ""
		if len(nets) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil && contains(nets, peer.Addr().Unmap()) {
			if a, ok := firstUntrusted(nets, r.Header.Values("X-Forwarded-For")); ok {
				r.RemoteAddr = net.JoinHostPort(a.String(), "0")
			}
			r.URL.Scheme = lastScheme(r.Header.Values("X-Forwarded-Proto"))
		}
		next.ServeHTTP(w, r)
	})
}

// lastScheme is https if the nearest proxy says so, else nothing.
func lastScheme(headers []string) string {
	said := strings.Split(strings.Join(headers, ","), ",")
	if strings.EqualFold(strings.TrimSpace(said[len(said)-1]), "https") {
		return "https"
	}
	return ""
}

func firstUntrusted(nets []netip.Prefix, headers []string) (netip.Addr, bool) {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for i := len(hops) - 1; i >= max(0, len(hops)-hopsMax); i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return netip.Addr{}, false
		}
		if a = a.Unmap(); !contains(nets, a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}
