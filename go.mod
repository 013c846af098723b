module imsim

go 1.26

require (
	github.com/google/gopacket v1.1.19 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
)
