package capture

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"imsim/internal/oracle"
	"imsim/netem/packet"
	"imsim/sim"
)

// talk is a TCP connection written into a capture packet by packet.
type talk struct {
	w    *Writer
	id   ID
	at   sim.Time
	addr [2]packet.AddrPort
	seq  [2]uint32
	n    uint64
}

func newTalk(w *Writer, id ID, a, b string) *talk {
	return &talk{w: w, id: id, addr: [2]packet.AddrPort{packet.MustAddrPort(a), packet.MustAddrPort(b)}, seq: [2]uint32{1000, 5000}}
}

func (k *talk) segment(from int, flags packet.Flags, data []byte) {
	to := 1 - from
	k.at += 1_000_000
	k.n++
	p := &packet.Packet{
		Src: k.addr[from].Addr, Dst: k.addr[to].Addr, SrcPort: k.addr[from].Port, DstPort: k.addr[to].Port, Proto: packet.TCP, ID: k.n,
		TCP: packet.TCPHeader{Seq: k.seq[from], Ack: k.seq[to], Flags: flags, Window: 65535}, Payload: packet.PayloadOf(data),
	}
	if !flags.Has(packet.ACK) {
		p.TCP.Ack = 0
	}
	k.seq[from] += uint32(len(data))
	if flags.Has(packet.SYN) || flags.Has(packet.FIN) {
		k.seq[from]++
	}
	k.w.Packet(k.id, k.at, from == 0, p, "")
}

func (k *talk) open() {
	k.segment(0, packet.SYN, nil)
	k.segment(1, packet.SYN|packet.ACK, nil)
	k.segment(0, packet.ACK, nil)
}

func (k *talk) say(from int, data []byte) {
	for len(data) > 0 {
		n := min(len(data), 1200)
		k.segment(from, packet.PSH|packet.ACK, data[:n])
		k.segment(1-from, packet.ACK, nil)
		data = data[n:]
	}
}

const (
	send = "MSRP a8Jd02Lx77Qe SEND\r\nTo-Path: msrp://10.20.0.7:40112/t9RkVb3QnYc81uEe;tcp\r\nFrom-Path: msrp://10.10.0.5:2855/s7Gq2mZpX0aKf4Lw;tcp\r\n" +
		"Message-ID: m5g10001\r\nByte-Range: 1-14/14\r\nSuccess-Report: yes\r\nContent-Type: text/plain\r\n\r\nLunch at noon?\r\n-------a8Jd02Lx77Qe$\r\n"
	ok200 = "MSRP a8Jd02Lx77Qe 200 OK\r\nTo-Path: msrp://10.10.0.5:2855/s7Gq2mZpX0aKf4Lw;tcp\r\nFrom-Path: msrp://10.20.0.7:40112/t9RkVb3QnYc81uEe;tcp\r\n-------a8Jd02Lx77Qe$\r\n"
	bfcp  = "\x20\x0b\x00\x00\x00\x00\x10\xe1\x00\x01\x00\xea" // Hello, without a body
)

func create(t *testing.T) (*os.File, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "c.pcapng")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	return f, name
}

func TestTShark(t *testing.T) {
	f, name := create(t)
	w := NewWriter(f, Options{Wire: wire, Application: "imsim", Comment: "a comment"})
	raw, plain := w.Interface("ueA.wlan0", Raw, "access"), w.Interface("agw1.access/plain", UpperPDU, "")
	w.Name(packet.MustAddr("10.10.0.5"), "ueA.home1.example")
	k := newTalk(w, raw, "10.10.0.5:2855", "10.20.0.7:40112")
	k.open()
	k.say(0, []byte(send))
	k.say(1, []byte(ok200))
	v6 := newTalk(w, raw, "[2001:db8::7]:50000", "[2001:db8::8]:50001")
	v6.n, v6.at = k.n, k.at
	v6.open()
	v6.say(0, []byte(send))
	for i, m := range []struct{ dissector, text string }{
		{"msrp", send}, {"msrp", ok200}, {"bfcp", bfcp},
		{"megaco", "MEGACO/2 [192.0.2.20]:2944\nReply = 5001 { Context = 7 { Notify = ip/acc/72 } }\n"},
		{"sip", "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"},
	} {
		w.UpperPDU(plain, v6.at+sim.Time(i), m.dissector, k.addr[0], k.addr[1], []byte(m.text))
	}
	w.UpperPDU(plain, v6.at+9, "msrp", v6.addr[0], v6.addr[1], []byte(send))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()

	s := oracle.NewTShark(t, name, "-Nn")
	if c := s.Complaints(); len(c) > 0 {
		t.Errorf("complaints:\n%s", strings.Join(c, "\n"))
	}
	var got []string
	rows := s.Fields("msrp || bfcp || megaco || sip", "frame.interface_name", "_ws.col.Protocol", "msrp.method", "msrp.status.code")
	for _, r := range rows {
		got = append(got, strings.TrimSpace(strings.Join(r, " ")))
	}
	want := []string{
		"ueA.wlan0 MSRP SEND", "ueA.wlan0 MSRP  200", "ueA.wlan0 MSRP SEND",
		"agw1.access/plain MSRP SEND", "agw1.access/plain MSRP  200", "agw1.access/plain BFCP", "agw1.access/plain MEGACO",
		"agw1.access/plain SIP", "agw1.access/plain MSRP SEND",
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
	first := s.Fields("frame.number == 1", "frame.time_epoch", "frame.packet_id", "frame.packet_flags_direction", "ip.src_host")
	if want := "1767225600.001000000 1 0x00000002 ueA.home1.example"; len(first) != 1 || strings.Join(first[0], " ") != want {
		t.Errorf("first packet %q, want %s", first, want)
	}
}

// pipe is a connection end whose writes go into the capture.
type pipe struct {
	net.Conn
	write func([]byte)
}

func (p pipe) Write(b []byte) (int, error) {
	p.write(b)
	return p.Conn.Write(b)
}

type keylog struct {
	mu *sync.Mutex
	w  *Writer
}

func (k keylog) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.w.Secrets(string(b))
	return len(b), nil
}

// TestTSharkSecrets decrypts a real handshake and what it protects with nothing but the secrets in the file, which are
// written as the keys become known.
func TestTSharkSecrets(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			template := &x509.Certificate{SerialNumber: big.NewInt(1)}
			der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
			if err != nil {
				t.Fatal(err)
			}
			f, name := create(t)
			w := NewWriter(f, Options{Wire: wire})
			k := newTalk(w, w.Interface("ueA.wlan0", Raw, ""), "10.10.0.5:2855", "10.20.0.7:40112")
			k.open()
			var mu sync.Mutex // the two ends are goroutines here
			ends := [2]net.Conn{}
			ends[0], ends[1] = net.Pipe()
			end := func(from int) net.Conn {
				return pipe{ends[from], func(b []byte) { mu.Lock(); defer mu.Unlock(); k.say(from, append([]byte(nil), b...)) }}
			}
			cert := []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
			// Both ends give their lines: the keys of TLS 1.2 are known first to the client, those of 1.3 to the server.
			config := tls.Config{
				Certificates: cert, InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, SessionTicketsDisabled: true,
				CurvePreferences: []tls.CurveID{tls.X25519}, KeyLogWriter: keylog{&mu, w},
			}
			server, client := tls.Server(end(1), &config), tls.Client(end(0), &config)
			done := make(chan error, 1)
			go func() {
				b := make([]byte, len(send))
				_, err := server.Read(b)
				done <- err
			}()
			if _, err := client.Write([]byte(send)); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			f.Close()
			lua := filepath.Join(t.TempDir(), "msrp.lua")
			if err := os.WriteFile(lua, []byte(`DissectorTable.get("tls.port"):add(40112, Dissector.get("msrp"))`), 0o600); err != nil {
				t.Fatal(err)
			}
			s := oracle.NewTShark(t, name, "-X", "lua_script:"+lua, "-d", "tcp.port==2855,tls")
			if rows := s.Fields("msrp", "msrp.method"); len(rows) != 1 || rows[0][0] != "SEND" {
				t.Errorf("MSRP in TLS: %q\n%s", rows, s.Run())
			}
		})
	}
}

// TestTSharkComplains shows that the checker can fail: a wrong TCP checksum and a cut-off header are found.
func TestTSharkComplains(t *testing.T) {
	f, name := create(t)
	spoil := func(p *packet.Packet, dst []byte) []byte {
		dst = wire(p, dst)
		dst[len(dst)-3] ^= 1
		return dst
	}
	w := NewWriter(f, Options{Wire: spoil})
	newTalk(w, w.Interface("a", Raw, ""), "10.10.0.5:2855", "10.20.0.7:40112").open()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if c := oracle.NewTShark(t, name).Complaints(); len(c) != 3 {
		t.Errorf("complaints %q, want 3", c)
	}
}
