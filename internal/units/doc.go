// Package units holds the quantities that people write in scenario files: Duration (20ms), BitRate (50Mbit/s), ByteSize
// (256KiB) and Ratio (1%). Each is an integer of its smallest unit, read exactly: a value finer than that unit is an
// error and nothing is rounded. The unit is required, SI prefixes are powers of 1000 and Ki, Mi, Gi powers of 1024.
//
// Each type reads and writes text (encoding.TextUnmarshaler, encoding.TextMarshaler), and writing and reading again gives
// the same value. SchemaPattern and SchemaExample describe the text to whoever generates a JSON Schema. Errors are of type
// *Error and say what would be right.
package units
