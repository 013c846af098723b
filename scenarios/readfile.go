package scenarios

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// patience is how long a pipe may keep a reader waiting, in all.
const patience = 5 * time.Second

// open opens a file of the user's. One that is a pipe (mkfifo, or a shell's process substitution) must have a writer, who is not
// waited for without end.
func open(path string) (io.ReadCloser, error) {
	st, err := os.Stat(path)
	if err != nil || st.Mode()&fs.ModeNamedPipe == 0 {
		return os.Open(path)
	}
	// Without O_NONBLOCK this would wait for somebody to open the other end.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := f.SetReadDeadline(time.Now().Add(patience)); err != nil {
		f.Close()
		return nil, errors.New("is a pipe that cannot be read without waiting for ever: write it into a file")
	}
	return &pipe{File: f}, nil
}

// pipe is a pipe that says what was wrong with it.
type pipe struct {
	*os.File
	some bool
}

func (p *pipe) Read(b []byte) (int, error) {
	n, err := p.File.Read(b)
	p.some = p.some || n > 0
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = errors.New("it is a pipe whose writer is not done after " + patience.String())
	case err == io.EOF && !p.some:
		err = errors.New("it is a pipe that nobody writes into")
	}
	return n, err
}
