package emulate

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"

	"imsim/netem/tcp"
	"imsim/scenarios"
)

// most octets that a web server sends at a request.
const mostOctets = 1 << 32

// serve starts a web server on a simulated host. It ends with the session.
func (s *Session) serve(node string, cfg *scenarios.Web) error {
	h, err := s.net.Host(node)
	if err != nil {
		return err
	}
	if h.TCP = tcp.ProfileLinux(); cfg.TCP == "rfc" {
		h.TCP = tcp.ProfileRFC()
	}
	var addr netip.Addr
	for _, o := range s.Hosts {
		if o.Name == node && len(o.Addrs) > 0 {
			addr = o.Addrs[0]
		}
	}
	s.Servers = append(s.Servers, Server{Node: node, URL: "http://" + netip.AddrPortFrom(addr, uint16(cfg.Port)).String() + "/"})
	srv := &http.Server{Handler: pages(node), ErrorLog: log.New(io.Discard, "", 0)}
	// Listening takes the kernel's goroutine, which does not run yet.
	go func() {
		l, err := h.Listen("tcp", net.JoinHostPort("", strconv.Itoa(cfg.Port)))
		if err != nil {
			return // the session is over
		}
		srv.Serve(l)
	}()
	return nil
}

// pages are what a simulated web server has: a page about the request, and as many octets as are asked for.
func pages(node string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "This is %s, a simulated host.\nYou are %s to it.\n/octets/N sends N octets.\n", node, r.RemoteAddr)
	})
	mux.HandleFunc("GET /octets/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
		if err != nil || n < 0 || n > mostOctets {
			http.Error(w, "write a number of octets, at most 4294967296", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
		io.Copy(w, io.LimitReader(pattern{}, n))
	})
	return mux
}

// pattern is octets without end.
type pattern struct{}

func (pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return len(b), nil
}
