package waitingroom

// Chance is one of three.
type Chance uint8
