package attach

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"
)

// serve runs an HTTP server on a listener and returns a function that ends it.
func serve(t *testing.T, l net.Listener) (stop func()) {
	t.Helper()
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprintf(w, "hello %s", q.RemoteAddr)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); err != http.ErrServerClosed {
			t.Error(err)
		}
	}()
	return func() {
		s.Close()
		<-done
	}
}

func get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestHTTP runs net/http on both hosts. The first GET takes a round trip for the connection and one for itself, the
// second, on the same connection, one.
func TestHTTP(t *testing.T) {
	bubble(t, oneWay, func(t *testing.T, r *rig) {
		l, err := r.server.Listen("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		stop := serve(t, l)
		tr := &http.Transport{DialContext: r.client.DialContext}
		c := &http.Client{Transport: tr}
		want := "hello " + r.addr4("client").String()
		for i, at := range []time.Duration{4 * oneWay, 6 * oneWay} {
			if got := get(t, c, "http://server/"); got[:len(want)] != want {
				t.Errorf("GET %d: %q", i, got)
			}
			wantAt(t, r, "answer", at)
		}
		tr.CloseIdleConnections()
		stop()
	})
}

// TestTLS runs crypto/tls: TLS 1.3 adds one round trip to that of TCP, TLS 1.2 two.
func TestTLS(t *testing.T) {
	for version, trips := range map[uint16]time.Duration{tls.VersionTLS13: 3, tls.VersionTLS12: 4} {
		bubble(t, oneWay, func(t *testing.T, r *rig) {
			cert, pool := certificate(t)
			l, err := r.server.Listen("tcp", ":443")
			if err != nil {
				t.Fatal(err)
			}
			stop := serve(t, tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}}))
			tr := &http.Transport{
				DialContext:     r.client.DialContext,
				TLSClientConfig: &tls.Config{RootCAs: pool, MaxVersion: version},
			}
			get(t, &http.Client{Transport: tr}, "https://server/")
			wantAt(t, r, tls.VersionName(version), trips*2*oneWay)
			tr.CloseIdleConnections()
			stop()
		})
	}
}

// certificate makes a certificate for the host "server", good in the bubble's time.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"server"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
