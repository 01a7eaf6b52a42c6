package main

// waiting is G8: what somebody who waits costs, in memory and in CPU.
func waiting(o *options) (out []figure, err error) {
	for _, part := range []func(*options) ([]figure, error){waitingHeap, waitingConnections, pollCost} {
		f, err := part(o)
		if err != nil {
			return nil, err
		}
		out = append(out, f...)
	}
	return out, nil
}
