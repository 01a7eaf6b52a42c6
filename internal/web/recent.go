package web

import "container/list"

// recent keeps what is known by key, of at most max keys: a new one pushes out
// the one that nobody has asked for longest. Whoever fills the table with new keys
// therefore makes it forget strangers one by one, never everybody at once. It has
// no lock of its own.
type recent[K comparable, V any] struct {
	max   int
	byKey map[K]*list.Element // of *known[K, V]
	order *list.List          // longest unused first
}

type known[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{max: most, byKey: make(map[K]*list.Element), order: list.New()}
}

// get returns what is known by the key and notes that it was asked for.
func (r *recent[K, V]) get(k K) (v V, ok bool) {
	e := r.byKey[k]
	if e == nil {
		return v, false
	}
	r.order.MoveToBack(e)
	return e.Value.(*known[K, V]).value, true
}

// put keeps a value, in place of the oldest if there is no room.
func (r *recent[K, V]) put(k K, v V) {
	if e := r.byKey[k]; e != nil {
		e.Value.(*known[K, V]).value = v
		r.order.MoveToBack(e)
		return
	}
	if len(r.byKey) >= r.max {
		r.drop(r.order.Front().Value.(*known[K, V]).key)
	}
	r.byKey[k] = r.order.PushBack(&known[K, V]{key: k, value: v})
}

// drop forgets a key.
func (r *recent[K, V]) drop(k K) {
	if e := r.byKey[k]; e != nil {
		r.order.Remove(e)
		delete(r.byKey, k)
	}
}
