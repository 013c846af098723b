module imsim

go 1.26
