package catalog

import "einlass/internal/fault"

// Channel is the way by which a place is sold. The numbers are stored: they are
// never given to another channel.
type Channel uint8

// The channels.
const (
	Online    Channel = 1
	Counter   Channel = 2
	Phone     Channel = 3
	BoxOffice Channel = 4
)

// Channels lists all channels in the order in which reports show them.
var Channels = []Channel{Online, Counter, Phone, BoxOffice}

var channelNames = map[Channel]string{Online: "online", Counter: "counter", Phone: "phone", BoxOffice: "boxoffice"}

// String returns the name used in sale files and reports.
func (c Channel) String() string { return channelNames[c] }

// ParseChannel reads a channel's name; Invalid if there is none of that name.
func ParseChannel(s string) (Channel, error) {
	for c, name := range channelNames {
		if name == s {
			return c, nil
		}
	}
	return 0, fault.New(fault.Invalid, "no channel %q: use online, counter, phone or boxoffice", s)
}
