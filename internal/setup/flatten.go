package setup

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"einlass/internal/catalog"
)

// leaf is one value of a sale with its path in the sale file.
type leaf struct {
	path string
	text string
}

// flatten lists every value of a sale. It walks the type, so that a field added
// to the catalog can never be forgotten by Diff.
func flatten(s *catalog.Sale, loc *time.Location) []leaf {
	f := flattener{loc: loc}
	f.walk("", reflect.ValueOf(s).Elem())
	return f.out
}

type flattener struct {
	loc *time.Location
	out []leaf
}

// topKeys are the parts of a sale that have a key of their own in the file; the
// rest stands under sale:.
var topKeys = []string{"organizer", "venue", "event", "offers", "groups", "allotments"}

// renamed are the few paths that the file spells differently.
var renamed = map[string]string{
	"organizer.mail":  "organizer.contact.mail",
	"organizer.phone": "organizer.contact.phone",
	"event.slug":      "event.id",
}

func (f *flattener) walk(path string, v reflect.Value) {
	if text, ok := f.value(path, v); ok {
		if name, other := renamed[path]; other {
			path = name
		}
		if text != "" {
			f.out = append(f.out, leaf{path, text})
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			f.walk(path, v.Elem())
		}
	case reflect.Struct:
		f.fields(path, v)
	case reflect.Slice:
		for i := range v.Len() {
			f.walk(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			f.walk(path+"."+k.String(), v.MapIndex(k))
		}
	}
}

func (f *flattener) fields(path string, v reflect.Value) {
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case path != "":
			name = path + "." + name
		case !slices.Contains(topKeys, name):
			name = "sale." + name
		}
		f.walk(name, v.Field(i))
	}
}

// dayPath ends the path of the one time that is a day and no moment: see ageDay.
const dayPath = ".age.at"

// moment writes a time as the file does. A plan that comes back from the store
// has its times in any zone: only the path tells what they are.
func (f *flattener) moment(path string, t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case strings.HasSuffix(path, dayPath):
		return t.UTC().Format(dayLayout)
	}
	return t.In(f.loc).Format(minuteLayout)
}

// value writes a value that is shown as a whole; "" is an absent one.
func (f *flattener) value(path string, v reflect.Value) (text string, ok bool) {
	switch x := v.Interface().(type) {
	case time.Time:
		return f.moment(path, x), true
	case time.Duration:
		return short(x), true
	case catalog.TimeOfDay:
		return fmt.Sprintf("%02d:%02d", int(x)/60, int(x)%60), true
	case catalog.Money:
		return fmt.Sprintf("%d.%02d %s", x.Cents/100, x.Cents%100, x.Currency), true
	case catalog.Channel:
		return x.String(), true
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return fmt.Sprint(v.Bool()), true
	case reflect.Int, reflect.Int64:
		if v.Int() == 0 {
			return "", true
		}
		return fmt.Sprint(v.Int()), true
	}
	return "", false
}
