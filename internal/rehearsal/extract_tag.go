package rehearsal

// attributes reads the open tag's attributes. Strings are made only for the ones
// the crowd looks at: most of a page's attributes are classes.
func (x *extractor) attributes(more bool) (t tag) {
	for more {
		var key, val []byte
		key, val, more = x.z.TagAttr()
		if p := t.text(key); p != nil && len(val) > 0 {
			*p = string(val)
		}
		t.flag(key)
	}
	return t
}

// text returns where the value of attribute key goes, or nil. A switch on a
// converted slice makes no string.
func (t *tag) text(key []byte) *string {
	switch string(key) {
	case "name":
		return &t.name
	case "value":
		return &t.value
	case "type":
		return &t.kind
	case "id":
		return &t.id
	case "for":
		return &t.forID
	case "action":
		return &t.action
	case "method":
		return &t.method
	case "href":
		return &t.href
	case "rel":
		return &t.rel
	case "class":
		return &t.class
	case "content":
		return &t.content
	case "http-equiv":
		return &t.equiv
	case "data-page":
		return &t.dataPage
	case "data-state":
		return &t.dataState
	case "data-step":
		return &t.step
	case "data-free":
		return &t.free
	case "data-until":
		return &t.until
	case "data-code":
		return &t.code
	}
	return nil
}

// flag notes attributes whose presence says something.
func (t *tag) flag(key []byte) {
	switch string(key) {
	case "value":
		t.hasValue = true
	case "data-free":
		t.hasFree = true
	case "data-until":
		t.hasUntil = true
	case "data-code":
		t.hasCode = true
	case "checked":
		t.checked = true
	case "selected":
		t.selected = true
	case "required":
		t.required = true
	case "disabled":
		t.off = true
	}
}
