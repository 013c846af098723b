package units

// ByteSize is a number of octets: 14B, 1.5kB, 256KiB, 100MB.
type ByteSize int64

var byteSizes = family{noun: "size", small: "B", example: "256KiB", usual: "B", units: []unit{
	{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}}

// ParseByteSize reads a size.
func ParseByteSize(s string) (ByteSize, error) {
	n, err := byteSizes.parse(s)
	return ByteSize(n), err
}

// String writes the size with the largest unit that leaves a whole number.
func (b ByteSize) String() string {
	return byteSizes.format(int64(b))
}

// MarshalText implements encoding.TextMarshaler.
func (b ByteSize) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *ByteSize) UnmarshalText(t []byte) error {
	n, err := ParseByteSize(string(t))
	if err == nil {
		*b = n
	}
	return err
}

// SchemaPattern is the regular expression of a size's text.
func (ByteSize) SchemaPattern() string { return "^" + byteSizes.pattern() + "$" }

// SchemaExample is a size as people write it.
func (ByteSize) SchemaExample() string { return byteSizes.example }
