package catalog

// Money is an amount in the smallest unit of its currency (cents for EUR).
type Money struct {
	Cents    int64  `json:"cents"`
	Currency string `json:"currency"` // ISO 4217
}
