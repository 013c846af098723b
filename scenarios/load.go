package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// Options change a scenario on its way in.
type Options struct {
	Set  []string // overrides: "links.access.delay=17ms"
	Seed *uint64  // replaces run.seed

	places []Pos // of the last overrides, where a file has them
}

// Scenario is a scenario that has been read and found right.
type Scenario struct {
	Name      string   // of the file, without folder and extension
	Family    string   // the embedded scenario's family; empty for a file of the user's
	Files     []string // the files it was made from: its own, those that it extends, then those that links name
	Hash      string   // SHA-256 over those files' text, in hexadecimal
	Overrides []string // as given
	File      File     // everything merged, profiles put into nodes, defaults filled in

	tree  *tree
	src   source // to load it again at a point of its study
	text  []byte // nil: read from src
	given Options
}

// maxFiles bounds a chain of extends.
const maxFiles = 16

// Load reads the scenario in a file (a name with a path separator or ending in .yaml or .yml), or the embedded scenario of
// that name. What is wrong with a scenario comes as Errors, all at once.
func Load(name string, opt Options) (*Scenario, error) {
	src := source{path: name}
	if !isFile(name) {
		p, hint := findEmbedded(name)
		if p == "" {
			return nil, Errors{{Path: name, Wrong: "no scenario of that name", Right: hint}}
		}
		src = source{path: p, embedded: true}
	}
	return load(src, opt)
}

func load(src source, opt Options) (*Scenario, error) {
	l := &loader{hash: sha256.New()}
	root := l.file(src, nil, Pos{})
	return l.finish(src, root, opt)
}

// Parse reads a scenario from text; name is for messages, and what it extends is relative to it.
func Parse(name string, text []byte, opt Options) (*Scenario, error) {
	l := &loader{hash: sha256.New()}
	src := source{path: name}
	root := l.text(src, nil, text)
	s, err := l.finish(src, root, opt)
	if s != nil {
		s.text = text
	}
	return s, err
}

// isFile tells a file's name from an embedded scenario's.
func isFile(name string) bool {
	if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" {
		return true
	}
	if p, _ := findEmbedded(name); p != "" {
		return false
	}
	return strings.ContainsRune(name, filepath.Separator)
}

// source is where a file is.
type source struct {
	path     string
	embedded bool
}

// String is the path as messages name it.
func (s source) String() string {
	if s.embedded {
		return "scenarios/" + s.path
	}
	return s.path
}

func (s source) read() ([]byte, error) {
	if s.embedded {
		return embedded.ReadFile(s.path)
	}
	f, err := open(s.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// One octet more than is allowed tells that there are too many; a device may have no end.
	return io.ReadAll(io.LimitReader(f, maxFileBytes+1))
}

// relative returns what name means in a file at s. A user's file finds embedded files, too, by family/name.yaml.
func (s source) relative(name string) source {
	if s.embedded {
		return source{path.Join(path.Dir(s.path), name), true}
	}
	p := name
	if !filepath.IsAbs(p) {
		p = filepath.Join(filepath.Dir(s.path), name)
	}
	if _, err := os.Stat(p); err != nil {
		if _, err := fs.Stat(embedded, path.Clean(name)); err == nil {
			return source{path.Clean(name), true}
		}
	}
	return source{path: p}
}

// loader reads files and gathers what is wrong with them.
type loader struct {
	errs  Errors
	files []string
	// sources are the files by the name that positions have.
	sources map[string]source
	hash    interface {
		Write([]byte) (int, error)
		Sum([]byte) []byte
	}
}

// file reads a file and what it extends. by is where it was extended, open the files that led here.
func (l *loader) file(s source, open []string, by Pos) *tree {
	text, err := s.read()
	if err != nil {
		wrong := "cannot be read: " + err.Error()
		if os.IsNotExist(err) {
			wrong = "does not exist"
		}
		if len(open) == 0 {
			l.errs.add(Pos{File: s.String()}, "", wrong, "")
		} else {
			l.errs.add(by, "extends", s.String()+" "+wrong, "the path is relative to this file")
		}
		return nil
	}
	return l.text(s, open, text)
}

func (l *loader) text(s source, open []string, text []byte) *tree {
	order := len(l.files)
	l.files = append(l.files, s.String())
	if l.sources == nil {
		l.sources = map[string]source{}
	}
	l.sources[s.String()] = s
	l.hash.Write([]byte(strconv.Itoa(len(text)) + "\n"))
	l.hash.Write(text)
	t := readYAML(s.String(), order, text, &l.errs)
	if t == nil {
		return nil
	}
	if t.kind != mapTree {
		l.errs.add(t.pos, "", t.describe()+" is not a scenario", "start with schema: 1")
		return nil
	}
	ext := t.get("extends")
	t.remove("extends")
	if ext == nil {
		return t
	}
	if ext.kind != scalarTree || ext.isNull() {
		l.errs.add(ext.pos, "extends", ext.describe()+" is not a file name", "write the path of one file")
		return t
	}
	open = append(open, s.String())
	base := s.relative(ext.text)
	switch circle := cycle(open, base.String()); {
	case len(circle) > 0:
		l.errs.add(ext.pos, "extends", "files extend each other in circles: "+arrows(append(circle, base.String())), "")
	case len(open) == maxFiles:
		l.errs.add(ext.pos, "extends", "extended too often", "at most "+itoa(maxFiles)+" files")
	default:
		if b := l.file(base, open, ext.pos); b != nil {
			return merge(b, t)
		}
	}
	return t
}

// finish turns the merged tree into a scenario.
func (l *loader) finish(src source, root *tree, opt Options) (*Scenario, error) {
	if root == nil {
		return nil, l.errs.err()
	}
	l.override(root, opt)
	file := build(root, &l.errs)
	leftNulls(root, &l.errs)
	l.linkFiles(src, root, file)
	s := &Scenario{
		Name:      strings.TrimSuffix(path.Base(filepath.ToSlash(src.path)), path.Ext(src.path)),
		Files:     l.files,
		Hash:      hex.EncodeToString(l.hash.Sum(nil)),
		Overrides: opt.Set,
		File:      *file,
		tree:      root,
		src:       src,
		given:     opt,
	}
	if src.embedded {
		s.Family = path.Dir(src.path)
	}
	v := &validator{s: s, file: file, errs: &l.errs}
	v.all()
	s.File = *file
	if err := l.errs.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// override applies --set and --seed, and between those for profiles and links and the others puts profiles into nodes.
func (l *loader) override(root *tree, opt Options) {
	var late []override
	for i, arg := range opt.Set {
		at := Pos{File: "--set " + arg, order: maxFiles + i}
		if j := i - (len(opt.Set) - len(opt.places)); j >= 0 {
			at = opt.places[j]
		}
		if o, ok := readOverride(at, arg, &l.errs); !ok {
			continue
		} else if o.early() {
			o.apply(root, &l.errs)
		} else {
			late = append(late, o)
		}
	}
	putProfiles(root, &l.errs)
	putLinkProfiles(root)
	if opt.Seed != nil {
		p := Pos{File: "--seed", order: maxFiles + len(opt.Set)}
		late = append(late, override{path: []string{"run", "seed"}, pos: p,
			val: &tree{pos: p, text: strconv.FormatUint(*opt.Seed, 10), tag: "!!int"}})
	}
	for i := range late {
		late[i].apply(root, &l.errs)
	}
}

// leftNulls reports keys without a value that had nothing to remove.
func leftNulls(root *tree, errs *Errors) {
	root.each(nil, func(path []string, t *tree) {
		if t.isNull() && path[0] != "profiles" && !errs.at(dotted(path)) {
			errs.add(t.pos, dotted(path), "no value", "write one or remove the key; null removes only what extends or profile brings")
		}
	})
}

// build checks the tree against the schema and fills a File from it. Where both the schema and a type that reads its own
// text complain about a value, the type knows better.
func build(root *tree, errs *Errors) *File {
	found := checkSchema(root)
	var f File
	var d decoder
	d.value(reflect.ValueOf(&f).Elem(), root, nil)
	for _, e := range found {
		if !d.errs.at(e.Path) && !errs.at(e.Path) {
			errs.append(e)
		}
	}
	for _, e := range d.odd {
		if !errs.at(e.Path) && !d.errs.at(e.Path) {
			errs.append(e)
		}
	}
	for _, e := range d.errs {
		errs.append(e)
	}
	return &f
}
