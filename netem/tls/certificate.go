package tls

// Certificate is a self-signed certificate with its key, from the embedded pool.
type Certificate struct {
	Key KeyType
	DER []byte
}

// CostTable holds the processor time of each cryptographic operation.
type CostTable struct{}
