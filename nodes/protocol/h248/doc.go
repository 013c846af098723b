package h248
