package setup

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of what is read at all. The parser's time grows with the square of the
// keys in one mapping (50,000 keys: 7 s), and its stack with the depth.
const (
	FileMax   = 1 << 20 // bytes of a sale file
	tokensMax = 20_000  // YAML tokens; a season of 500 single shows has about 8,000
	depthMax  = 20      // brackets within brackets
)

// byteOrderMark is what some editors put in front of UTF-8.
const byteOrderMark = "\ufeff"

// kind is the shape of a node.
type kind uint8

const (
	empty kind = iota
	scalar
	list
	mapping
)

// node is a value of the file with its place. All scalars are kept as written:
// a postcode 01067 is text and no octal number.
type node struct {
	kind    kind
	line    int
	col     int
	text    string
	entries []entry
	items   []*node
}

// entry is one key of a mapping with its value.
type entry struct {
	key   *node
	value *node
}

// tree turns bytes into nodes, or reports why that is impossible.
func (r *reader) tree(data []byte) (root *node) {
	start := &node{line: 1, col: 1}
	// The parser is not ours. Should it ever panic on bytes no fuzzing found,
	// the file is refused and the program goes on.
	defer func() {
		if cause := recover(); cause != nil {
			r.errorf(start, "", "this is no YAML file that can be read (%v)", cause)
		}
	}()
	switch {
	case len(data) > FileMax:
		r.errorf(start, "", "the file has %d bytes; %d are allowed", len(data), FileMax)
		return nil
	case !utf8.Valid(data):
		r.errorf(start, "", "the file is not written in UTF-8; save it as UTF-8")
		return nil
	}
	tokens := lexer.Tokenize(strings.TrimPrefix(string(data), byteOrderMark))
	if r.guard(tokens); r.failed() {
		return nil
	}
	return r.parse(tokens)
}

func (r *reader) parse(tokens token.Tokens) *node {
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	docs := file.Docs
	if len(docs) == 0 || docs[0].Body == nil {
		r.errorf(&node{line: 1, col: 1}, "", "the file is empty")
		return nil
	}
	if len(docs) > 1 {
		r.errorf(at(docs[1].Start), "", "one file describes one sale; take the second document into a file of its own")
	}
	return r.convert(docs[0].Body)
}

// syntax reports what the parser stumbled over.
func (r *reader) syntax(err error) {
	var known yaml.Error
	if errors.As(err, &known) && known.GetToken() != nil {
		r.errorf(at(known.GetToken()), "", "%s", known.GetMessage())
		return
	}
	r.errorf(&node{line: 1, col: 1}, "", "this is no YAML: %v", err)
}

// guard refuses what a sale file never needs and what makes YAML dangerous:
// aliases (a few lines can stand for billions), tags, merge keys, deep nesting.
func (r *reader) guard(tokens token.Tokens) {
	depth, dashes, line := 0, 0, 0
	for i, t := range tokens {
		if i == tokensMax {
			r.errorf(at(t), "", "the file is too long; describe slots that are alike in one entry with every:")
			return
		}
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		if text := forbidden(t); text != "" {
			r.errorf(at(t), "", "%s", text)
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType:
			dashes++
		}
		if depth+dashes > depthMax {
			r.errorf(at(t), "", "more than %d brackets within brackets", depthMax)
			return
		}
	}
}

// forbidden says why a token has no place in a sale file, or nothing.
func forbidden(t *token.Token) string {
	switch t.Type {
	case token.AnchorType, token.AliasType:
		return fmt.Sprintf("%s: a sale file has no anchors and aliases; write the value out, or in quotes if it is text", t.Value)
	case token.MergeKeyType:
		return "<<: a sale file has no merge keys; write the values out"
	case token.TagType:
		return fmt.Sprintf("%s: a sale file has no tags; put the text in quotes", t.Value)
	case token.MappingKeyType:
		return "?: write key: value"
	case token.DirectiveType:
		return "%: a sale file has no directives"
	case token.InvalidType:
		return "this cannot be read here: " + t.Error
	}
	return ""
}

// at is a place in the file without a value.
func at(t *token.Token) *node {
	if t == nil || t.Position == nil {
		return &node{line: 1, col: 1}
	}
	return &node{line: max(1, t.Position.Line), col: max(1, t.Position.Column)}
}

// convert copies what matters of a parsed node. Its depth is bounded: brackets by
// guard, indentation by the square root of FileMax.
func (r *reader) convert(n ast.Node) *node {
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.convertMapping(n)
	case *ast.MappingValueNode:
		out := at(n.Key.GetToken())
		out.kind = mapping
		out.entries = []entry{r.convertEntry(n)}
		return out
	case *ast.SequenceNode:
		out := at(n.Start)
		out.kind = list
		for _, item := range n.Values {
			out.items = append(out.items, r.convert(item))
		}
		return out
	case *ast.LiteralNode:
		out := at(n.Start)
		out.kind, out.text = scalar, n.Value.Value
		return out
	case *ast.NullNode, nil:
		return at(tokenOf(n))
	}
	out := at(n.GetToken())
	out.kind, out.text = scalar, n.GetToken().Value
	return out
}

func (r *reader) convertMapping(n *ast.MappingNode) *node {
	out := at(n.Start)
	if !n.IsFlowStyle && len(n.Values) > 0 {
		out = at(n.Values[0].Key.GetToken())
	}
	out.kind = mapping
	for _, v := range n.Values {
		out.entries = append(out.entries, r.convertEntry(v))
	}
	return out
}

func (r *reader) convertEntry(v *ast.MappingValueNode) entry {
	key := at(v.Key.GetToken())
	key.kind, key.text = scalar, v.Key.GetToken().Value
	value := r.convert(v.Value)
	if value.kind == empty {
		value.line, value.col = key.line, key.col
	}
	return entry{key: key, value: value}
}

func tokenOf(n ast.Node) *token.Token {
	if n == nil {
		return nil
	}
	return n.GetToken()
}
