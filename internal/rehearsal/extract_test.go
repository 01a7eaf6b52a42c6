package rehearsal

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestExtract(t *testing.T) {
	p := Extract([]byte(`<!doctype html><main data-page="slots" data-state="open"><link rel="prev next" href="/n?a=1&amp;b=2">
<p class="hint error">x</p><time data-until="2021-04-03T08:15:00+02:00">8:15</time><strong data-code> AB-12 </strong>
<form METHOD=Post action="hold" data-step="hold"><input type="hidden" name="k" value="&lt;1&gt;"><input name=plain>
<fieldset><label data-free=3><input type=radio name=slot value=7 required> 8:00</label>
<label data-free="0"><input type=radio name=slot value=8 disabled></label>
<input type=radio name=slot id=r9 value=9 checked><label for=r9 data-free=12>9:00</label></fieldset>
<select name=size><option value=1><option value=2 selected>2</select><input type=checkbox name=ok required>
<textarea name=post>
Weg 1
</textarea><button name=go value=now>los</button></form><form data-step=find><input name=q></form></main>`))
	want := &Page{
		Kind: "slots", State: "open", Next: "/n?a=1&b=2", Code: "AB-12", Until: "2021-04-03T08:15:00+02:00", Errors: 1,
		Forms: []Form{
			{Step: "hold", Action: "hold", Post: true, Fields: []Field{
				{Name: "k", Type: "hidden", Value: "<1>"},
				{Name: "plain", Type: "text"},
				{Name: "slot", Type: "radio", Value: "9", Needed: true, Choices: []Choice{{"7", 3}, {"9", 12}}},
				{Name: "size", Type: "select", Value: "2", Choices: []Choice{{"1", -1}, {"2", -1}}},
				{Name: "ok", Type: "checkbox", Needed: true, Choices: []Choice{{"on", -1}}},
				{Name: "post", Type: "textarea", Value: "Weg 1\n"},
				{Name: "go", Type: "submit", Value: "now"},
			}},
			{Step: "find", Fields: []Field{{Name: "q", Type: "text"}}},
		},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

// TestExtractNumbers: the link to where clerks draw numbers is found by its step.
func TestExtractNumbers(t *testing.T) {
	p := Extract([]byte(`<header><a href="/tasks">x</a><a data-step="desk-numbers" href="/desk/o/e/number">y</a></header><main data-page="desk"></main>`))
	if p.Numbers != "/desk/o/e/number" || p.Next != "" {
		t.Errorf("%+v", p)
	}
}

func TestExtractRefresh(t *testing.T) {
	for content, want := range map[string]int{"20; url=/x": 20, "5": 5, "x": 0, "-1": 0, "999999": 0} {
		if got := Extract([]byte(`<meta http-equiv="Refresh" content="` + content + `">`)).Refresh; got != want {
			t.Errorf("%q: %d, want %d", content, got, want)
		}
	}
}

// TestExtractOptionText: an option without a value has its text as value.
func TestExtractOptionText(t *testing.T) {
	form := Extract([]byte(`<form><select name=a><option value="">choose<option> Schwelm </option><option selected>Hattingen</option></select><select name=b><option>x</option><option>y</option></select>
<select name=c><option value="" selected>choose<option>z<select name=d>text</select></form>`)).Forms[0]
	want := []Field{
		{Name: "a", Type: "select", Value: "Hattingen", Choices: []Choice{{"", -1}, {"Schwelm", -1}, {"Hattingen", -1}}},
		{Name: "b", Type: "select", Value: "x", Choices: []Choice{{"x", -1}, {"y", -1}}},
		{Name: "c", Type: "select", Choices: []Choice{{"", -1}, {"z", -1}}},
		{Name: "d", Type: "select"},
	}
	if !reflect.DeepEqual(form.Fields, want) {
		t.Errorf("%+v", form.Fields)
	}
}

// FuzzExtract: any bytes are a page; what is found keeps the bounds, and every
// form can be filled in and sent.
func FuzzExtract(f *testing.F) {
	f.Add([]byte(`<main data-page=slots><form method=post><label data-free=1><input type=radio name=slot value=1></label></form>`))
	f.Add([]byte(`<form><select name=a><option selected>x<form><input name=a type=radio id=a><label for=a data-free=2>`))
	f.Add([]byte(`<form><select name=a><option><select name=b>x<option>y</form>z`))
	f.Add([]byte(`<textarea name=t><form><textarea name=t></form><strong data-code>`))
	f.Add([]byte(`<form><input type=radio id=x name=s value=1></form><form><label for=x data-free=3>`))
	f.Add([]byte("<a rel=next href='//else.example/'><form action='\x00' method=post><input name=x type=checkbox>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p := Extract(body)
		if len(p.Forms) > formsOnPage || len(p.Code) > codeMax {
			t.Fatalf("bounds: %d forms, code of %d bytes", len(p.Forms), len(p.Code))
		}
		b := browser{host: &host{base: "http://127.0.0.1:1", name: "127.0.0.1:1"}}
		for i := range p.Forms {
			fields := p.Forms[i].Fields
			if len(fields) > fieldsInForm {
				t.Fatalf("%d fields", len(fields))
			}
			q, err := b.press(&p.Forms[i], "/o/e", func(*Field) (string, bool) { return "a b&c", true })
			if err != nil {
				continue // leads away
			}
			if !strings.HasPrefix(q.path, "/") || strings.ContainsAny(q.path, " \r\n\x00") {
				t.Fatalf("request line broken by %q", q.path)
			}
			for j := range fields {
				_, _ = chooseSlot(fields[j].Choices, 1, 0.999999, "")
			}
		}
	})
}

// slotsPage is as large as a real one: 200 slots on two days.
func slotsPage() []byte {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="de"><head><meta charset="utf-8"><style>` + strings.Repeat(".a{color:red}", 150) + `</style></head><body><main data-page="slots"><form method="post" action="/o/e/hold" data-step="hold"><input type="hidden" name="key" value="abc"><fieldset class="slots">`)
	for i := range 200 {
		n := strconv.Itoa(i)
		b.WriteString(`<label data-free="` + n + `"><input type="radio" name="slot" value="` + n + `"><b>08:06</b><small>` + n + ` frei</small></label>`)
	}
	b.WriteString(`</fieldset><button class="btn">Reservieren</button></form></main></body></html>`)
	return []byte(b.String())
}

func BenchmarkExtract(b *testing.B) {
	body := slotsPage()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Extract(body)
	}
}
