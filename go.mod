module imsim

go 1.26

require github.com/pion/sdp/v3 v3.0.20

require github.com/pion/randutil v0.1.0 // indirect
