package formula

import "strconv"

// Expr is a parsed formula. It is immutable and may be evaluated any number of times.
type Expr struct {
	text string
	root *node
}

// String returns the text that was parsed.
func (e *Expr) String() string { return e.text }

// node is a part of a formula: op is "value", "name", "neg", "max", "min" or an operator.
type node struct {
	op   string
	col  int
	val  Value
	name string
	args []*node
}

// Limits on what is parsed.
const (
	maxText  = 4096
	maxDepth = 100
)

type parser struct {
	toks  []token
	depth int
}

// Parse reads a formula. The error is of type *Error.
func Parse(s string) (*Expr, error) {
	if len(s) > maxText {
		return nil, &Error{Col: 1, What: "a formula of " + strconv.Itoa(len(s)) + " octets", Hint: "at most " + strconv.Itoa(maxText)}
	}
	toks, err := lex(s)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks}
	n, err := p.condition()
	if err != nil {
		return nil, err
	}
	if t := p.toks[0]; t.kind != tokEnd {
		return nil, p.unexpected("an operator")
	}
	return &Expr{text: s, root: n}, nil
}

func (p *parser) isOp(ops ...string) bool {
	t := p.toks[0]
	for _, op := range ops {
		if t.text == op && (t.kind == tokOp || op == "and") {
			return true
		}
	}
	return false
}

func (p *parser) take() token {
	t := p.toks[0]
	if t.kind != tokEnd {
		p.toks = p.toks[1:]
	}
	return t
}

func (p *parser) unexpected(want string) error {
	t := p.toks[0]
	if t.kind == tokEnd {
		return &Error{t.col, "the formula ends early", "expected " + want}
	}
	return &Error{t.col, "unexpected " + strconv.Quote(t.text), "expected " + want}
}

func (p *parser) condition() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, &Error{Col: p.toks[0].col, What: "nested too deeply", Hint: "at most " + strconv.Itoa(maxDepth) + " levels"}
	}
	defer func() { p.depth-- }()
	return p.binary(p.comparison, "and")
}

func (p *parser) comparison() (*node, error) {
	compare := []string{"==", "!=", "<", "<=", ">", ">="}
	left, err := p.sum()
	if err != nil || !p.isOp(compare...) {
		return left, err
	}
	t := p.take()
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.isOp(compare...) {
		return nil, &Error{p.toks[0].col, "comparisons cannot be chained", "join two by and"}
	}
	return &node{op: t.text, col: t.col, args: []*node{left, right}}, nil
}

func (p *parser) sum() (*node, error)  { return p.binary(p.term, "+", "-") }
func (p *parser) term() (*node, error) { return p.binary(p.factor, "*", "/") }

// binary parses operands joined by left-associative operators.
func (p *parser) binary(operand func() (*node, error), ops ...string) (*node, error) {
	left, err := operand()
	for err == nil && p.isOp(ops...) {
		t := p.take()
		var right *node
		if right, err = operand(); err == nil {
			left = &node{op: t.text, col: t.col, args: []*node{left, right}}
		}
	}
	return left, err
}

func (p *parser) factor() (*node, error) {
	t := p.toks[0]
	switch {
	case p.isOp("-"):
		if p.depth++; p.depth > maxDepth {
			return nil, &Error{Col: t.col, What: "nested too deeply"}
		}
		defer func() { p.depth-- }()
		p.take()
		x, err := p.factor()
		return &node{op: "neg", col: t.col, args: []*node{x}}, err
	case p.isOp("("):
		p.take()
		x, err := p.condition()
		if err == nil && !p.isOp(")") {
			err = p.unexpected(`")"`)
		}
		p.take()
		return x, err
	case t.kind == tokValue:
		p.take()
		return &node{op: "value", col: t.col, val: t.val}, nil
	case t.kind == tokName && t.text != "and":
		p.take()
		if p.isOp("(") {
			return p.call(t)
		}
		return &node{op: "name", col: t.col, name: t.text}, nil
	}
	return nil, p.unexpected("a number, a duration, a name or \"(\"")
}

func (p *parser) call(f token) (*node, error) {
	if f.text != "max" && f.text != "min" {
		return nil, &Error{f.col, "no function " + strconv.Quote(f.text), "the functions are max and min"}
	}
	n := &node{op: f.text, col: f.col}
	for {
		p.take() // "(" or ","
		if p.depth++; p.depth > maxDepth {
			return nil, &Error{Col: f.col, What: "nested too deeply"}
		}
		x, err := p.sum()
		p.depth--
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, x)
		if p.isOp(")") {
			p.take()
			return n, nil
		}
		if !p.isOp(",") {
			return nil, p.unexpected(`"," or ")"`)
		}
	}
}
