//go:build ignore

// Generate writes the key and certificate pool of package tls: go run generate.go, in this directory. The keys protect
// nothing; they are published with the source on purpose.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"os"
	"time"
)

// kinds lists the files: every certificate of one file has the same length.
var kinds = []struct {
	name  string
	count int
	key   func() (crypto.Signer, error)
}{
	{"ecdsa-p256", 16, func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }},
	{"ed25519", 16, func() (crypto.Signer, error) { _, k, err := ed25519.GenerateKey(rand.Reader); return k, err }},
	{"rsa-2048", 4, func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }},
}

func main() {
	for k, kind := range kinds {
		var out []byte
		length := 0
		for i := range kind.count {
			key, err := kind.key()
			check(err)
			template := &x509.Certificate{
				SerialNumber: big.NewInt(int64(0x4000+k*0x100+i) << 48),
				Subject:      pkix.Name{CommonName: fmt.Sprintf("media-%02d.ims.example", i)},
				DNSNames:     []string{fmt.Sprintf("media-%02d.ims.example", i)},
				NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
				NotAfter:     time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC),
				KeyUsage:     x509.KeyUsageDigitalSignature,
				ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
			}
			der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
			check(err)
			// An ECDSA signature has 70 to 72 octets; the same length for all keeps sizes independent of the draw.
			for _, ok := key.(*ecdsa.PrivateKey); ok; _, ok = key.(*ecdsa.PrivateKey) {
				if c, err := x509.ParseCertificate(der); err == nil && len(c.Signature) == 72 {
					break
				}
				der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
				check(err)
			}
			if length != 0 && length != len(der) {
				log.Fatalf("%s %d has %d octets, the others %d", kind.name, i, len(der), length)
			}
			length = len(der)
			private, err := x509.MarshalPKCS8PrivateKey(key)
			check(err)
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
		}
		check(os.WriteFile(kind.name+".pem", out, 0o644))
		fmt.Println(kind.name, kind.count, "certificates of", length, "octets")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
