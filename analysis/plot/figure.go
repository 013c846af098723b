package plot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"imsim/scenarios/rundir"
)

// Figure is one picture of a run or a study.
type Figure struct {
	Name  string // of its files, without extension
	Title string
	Spec  Spec // the same as Vega-Lite, with the data

	rows int // that need height: of a box plot or a heat map; 0: none
	draw func() (*plot.Plot, error)
}

// Spec is a Vega-Lite specification.
type Spec map[string]any

// Formats are the kinds of file that a figure can be.
var Formats = []string{"svg", "png", "pdf"}

// Write draws the figure for one or two columns of a paper in one of Formats.
func (f *Figure) Write(w io.Writer, format string, columns int) error {
	p, err := f.draw()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	width := oneColumn
	if columns == 2 {
		width = twoColumns
	}
	height := width * 0.62
	if columns == 2 {
		height = width * 0.45
	}
	if f.rows > 0 {
		height = max(height/2, vg.Points(46+14*float64(f.rows)))
	}
	switch format {
	case "svg":
		c := vgsvg.New(width, height)
		p.Draw(draw.New(c))
		_, err = c.WriteTo(w)
	case "png":
		c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(300))
		p.Draw(draw.New(c))
		_, err = vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	case "pdf":
		c := vgpdf.New(width, height)
		p.Draw(draw.New(c))
		var b bytes.Buffer
		if _, err = c.WriteTo(&b); err == nil {
			_, err = w.Write(undated(b.Bytes()))
		}
	default:
		return fmt.Errorf("%q is no format (write %s)", format, strings.Join(Formats, ", "))
	}
	return err
}

var dates = regexp.MustCompile(`\((D:)[0-9]{14}[^)]*\)`)

// undated gives a PDF file a fixed date of the same length, so that offsets stay right.
func undated(b []byte) []byte {
	return dates.ReplaceAllFunc(b, func(m []byte) []byte {
		const date = "(D:20000101000000"
		return slices.Concat([]byte(date), m[len(date):])
	})
}

// Dir is where figures lie in the directory of a run or a study.
const Dir = "plots"

// All returns the figures of a directory, a run's or a study's.
func All(r *rundir.Run) ([]*Figure, error) {
	if r.Manifest.Study != nil {
		return ofStudy(r)
	}
	return ofRun(r)
}

// WriteAll writes figures into a run's or a study's directory, each in the given formats and widths, and its specification. The
// folder takes the place of the one before when all is written. It returns the files' names.
func WriteAll(dir string, figures []*Figure, formats []string, columns []int) (files []string, err error) {
	tmp := filepath.Join(dir, fmt.Sprintf("%s-%d", Dir, os.Getpid()))
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	for _, f := range figures {
		spec, err := json.MarshalIndent(f.Spec, "", " ")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		name := f.Name + ".vl.json"
		files = append(files, filepath.Join(dir, Dir, name))
		if err := os.WriteFile(filepath.Join(tmp, name), append(spec, '\n'), 0o666); err != nil {
			return nil, err
		}
		for _, format := range formats {
			for _, n := range columns {
				name := fmt.Sprintf("%s-%d.%s", f.Name, n, format)
				var b bytes.Buffer
				if err := f.Write(&b, format, n); err != nil {
					return nil, err
				}
				if err := os.WriteFile(filepath.Join(tmp, name), b.Bytes(), 0o666); err != nil {
					return nil, err
				}
				files = append(files, filepath.Join(dir, Dir, name))
			}
		}
	}
	where := filepath.Join(dir, Dir)
	if err := os.RemoveAll(where); err != nil {
		return nil, err
	}
	return files, os.Rename(tmp, where)
}
