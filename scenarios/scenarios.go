// Package scenarios holds the sale files of the on-sales this program was
// created for. They are acceptance tests, demos and templates in one: copy one,
// change it, apply it.
package scenarios

import (
	"embed"
	"io/fs"
	"strings"

	"einlass/internal/fault"
)

//go:embed *.yaml *.txt
var files embed.FS

// extension of a sale file.
const extension = ".yaml"

// Names lists the scenarios in alphabetical order, such as "ennepe-ruhr".
func Names() []string {
	// The pattern is a constant without brackets, so Glob cannot fail.
	found, err := fs.Glob(files, "*"+extension)
	if err != nil {
		return nil
	}
	for i := range found {
		found[i] = strings.TrimSuffix(found[i], extension)
	}
	return found
}

// Read returns an embedded file by its full name, sale file or code list, as
// setup.Load asks for it; NotFound if there is none.
func Read(name string) ([]byte, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, fault.New(fault.NotFound, "no file %q among the scenarios", name)
	}
	return data, nil
}

// File returns the sale file of a scenario; NotFound if there is none of that
// name.
func File(name string) ([]byte, error) {
	data, err := files.ReadFile(name + extension)
	if err != nil {
		return nil, fault.New(fault.NotFound, "no scenario %q: there are %s", name, strings.Join(Names(), ", "))
	}
	return data, nil
}
