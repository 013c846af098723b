package rundir

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// Session is one row of sessions.parquet. Instants are nanoseconds from the start of the run, lengths nanoseconds; nil is
// what did not come.
type Session struct {
	Session     uint32 `parquet:"session"`
	Class       string `parquet:"class,dict"`
	From        string `parquet:"from,dict"` // node that started it
	Outcome     string `parquet:"outcome,dict"`
	Start       int64  `parquet:"start_ns"`
	Established *int64 `parquet:"established_ns,optional"`
	End         *int64 `parquet:"end_ns,optional"`
	SetUp       *int64 `parquet:"session_setup_ns,optional"`
	SIPSetUp    *int64 `parquet:"sip_setup_ns,optional"`
	TCPSetUp    *int64 `parquet:"tcp_setup_ns,optional"`
	TLSSetUp    *int64 `parquet:"tls_setup_ns,optional"`
	Release     *int64 `parquet:"release_ns,optional"`
	Messages    uint32 `parquet:"messages"` // delivered
	FirstDelay  *int64 `parquet:"first_message_delay_ns,optional"`
}

// rowsAtOnce is how many rows are handed to the Parquet writer together.
const rowsAtOnce = 1024

func writeSessions(w io.Writer, m *Manifest, rows func(yield func(Session) bool)) error {
	pw := parquet.NewGenericWriter[Session](w, parquet.Compression(&zstd.Codec{}), parquet.CreatedBy("imsim", m.Version, ""))
	pw.SetKeyValueMetadata("scenario", m.Scenario.Name)
	pw.SetKeyValueMetadata("scenario_hash", m.Scenario.Hash)
	pw.SetKeyValueMetadata("seed", strconv.FormatUint(m.Seed, 10))
	pw.SetKeyValueMetadata("version", m.Version)
	batch := make([]Session, 0, rowsAtOnce)
	flush := func() error {
		_, err := pw.Write(batch)
		batch = batch[:0]
		return err
	}
	for s := range rows {
		if batch = append(batch, s); len(batch) == rowsAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return pw.Close()
}

// ReadSessions reads a Parquet file of sessions and its metadata: scenario, scenario_hash, seed, version.
func ReadSessions(path string) (rows []Session, meta map[string]string, err error) {
	return readParquet[Session](path)
}

func readParquet[T any](path string) (rows []T, meta map[string]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	// Damaged pages can panic in the library.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s is damaged: %v", path, r)
		}
	}()
	pf, err := parquet.OpenFile(f, st.Size())
	if err != nil {
		return nil, nil, fmt.Errorf("%s is no Parquet file, or cut off: %w", path, err)
	}
	r := parquet.NewGenericReader[T](pf)
	defer r.Close()
	rows = make([]T, r.NumRows())
	for n := 0; n < len(rows); {
		k, err := r.Read(rows[n:])
		n += k
		if err == io.EOF && n == len(rows) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	meta = map[string]string{}
	for _, kv := range pf.Metadata().KeyValueMetadata {
		meta[kv.Key] = kv.Value
	}
	return rows, meta, nil
}
