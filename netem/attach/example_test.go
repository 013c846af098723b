package attach_test

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"imsim/netem"
	"imsim/netem/attach"
	"imsim/sim"
)

// A program on one simulated host asks a web server on another, over a link of 10 ms, in real time. In a test, within a
// bubble of testing/synctest, attach.Drive takes the pacer's place, and no real time passes.
func ExampleHost() {
	n := netem.New(sim.New(sim.Config{Seed: 1}), netem.Config{})
	n.Connect(n.AddHost("client"), n.AddHost("server"), netem.Symmetric(netem.DirectionConfig{Delay: 10 * time.Millisecond}))
	if err := n.ComputeRoutes(); err != nil {
		fmt.Println(err)
		return
	}
	pacer := sim.NewPacer(n.K, sim.NewWallClock(), time.Millisecond)
	a := attach.New(n, pacer)
	go pacer.Run(sim.Never)
	defer a.Close()

	server, _ := a.Host("server")
	l, err := server.Listen("tcp", ":80")
	if err != nil {
		fmt.Println(err)
		return
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "Hello from afar.") }))

	client, _ := a.Host("client")
	began := time.Now()
	web := http.Client{Transport: &http.Transport{DialContext: client.DialContext}}
	r, err := web.Get("http://server/")
	if err != nil {
		fmt.Println(err)
		return
	}
	page, _ := io.ReadAll(r.Body)
	fmt.Printf("%s\n%v\n", page, time.Since(began) >= 40*time.Millisecond)
	// Output:
	// Hello from afar.
	// true
}
