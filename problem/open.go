package problem

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// Input is a file of data being read. It is opened and read once, so that a
// pipe (a shell's "<(command)") serves as well as a file on disk, and its digest
// is that of the bytes that were read.
type Input struct {
	name    string // what errors call it
	raw     *bufio.Reader
	sum     hash.Hash // of all that went through raw
	content io.Reader // decompressed
	close   func() error
}

// Open opens a plain, gzip or zstd file, told apart by content, not by name.
func Open(path string) (*Input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = fmt.Errorf("%s is a folder, want a file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return NewInput(f, path)
}

// NewInput reads f, which errors call name, as Open does, and closes it when it is
// closed or cannot be read.
func NewInput(f io.ReadCloser, name string) (*Input, error) {
	in := &Input{name: name, sum: sha256.New(), close: f.Close}
	in.raw = bufio.NewReaderSize(io.TeeReader(f, in.sum), 1<<16)
	if err := in.decompress(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return in, nil
}

// Read reads the content, decompressed.
func (in *Input) Read(b []byte) (int, error) { return in.content.Read(b) }

// Close closes the file.
func (in *Input) Close() error { return in.close() }

// Digest reads what is left and returns the SHA-256 of the file as it was given,
// compressed or not, in hex.
func (in *Input) Digest() (string, error) {
	if _, err := io.Copy(io.Discard, in.raw); err != nil {
		return "", fmt.Errorf("%s: %w", in.name, err)
	}
	return hex.EncodeToString(in.sum.Sum(nil)), nil
}

// foreign are the first bytes of formats that are no text and that we do not
// unpack.
var foreign = []struct{ magic, name string }{
	{"BZh", "a bzip2 file"},
	{"\xfd7zXZ\x00", "an xz file"},
	{"PK\x03\x04", "a zip file"},
	{"7z\xbc\xaf\x27\x1c", "a 7z file"},
	{"\x04\x22\x4d\x18", "an lz4 file"},
	{"PAR1", "a Parquet file"},
	{"SQLite format 3\x00", "an SQLite file"},
}

const gzipMagic = "\x1f\x8b"

func (in *Input) decompress() error {
	magic, err := in.raw.Peek(16)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(magic, []byte(gzipMagic)):
		m := &members{raw: in.raw, z: new(gzip.Reader)}
		if err := m.next(); err != nil {
			return gzipError(err)
		}
		in.content = m
		return nil
	case isZstd(magic):
		z, err := zstd.NewReader(in.raw, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return zstdError(err)
		}
		file := in.close
		in.close = func() error { z.Close(); return file() }
		in.content = zstdFile{z}
		return nil
	}
	for _, f := range foreign {
		if bytes.HasPrefix(magic, []byte(f.magic)) {
			return fmt.Errorf("%s; give JSON Lines, plain or in gzip or zstd", f.name)
		}
	}
	in.content = in.raw
	return nil
}

// isZstd tells whether a file begins with a zstd frame, or with one to be
// skipped, as parallel compressors write it.
func isZstd(magic []byte) bool {
	skip := len(magic) >= 4 && magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:4], []byte{0x2a, 0x4d, 0x18})
	return skip || bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd})
}

// members reads the members of a gzip file one after another. Zeros after a
// member are the padding of tapes and archives; gunzip and Python skip it too.
type members struct {
	raw *bufio.Reader
	z   *gzip.Reader
}

func (m *members) Read(b []byte) (int, error) {
	for {
		n, err := m.z.Read(b)
		if n > 0 || err == nil {
			return n, nil // an error comes again
		}
		if err == io.EOF {
			err = m.next()
		}
		if err == io.EOF {
			return 0, err
		}
		if err != nil {
			return 0, gzipError(err)
		}
	}
}

// next goes to the next member; io.EOF means that there is none.
func (m *members) next() error {
	for {
		c, err := m.raw.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			break
		}
	}
	if err := m.raw.UnreadByte(); err != nil {
		return err
	}
	if magic, _ := m.raw.Peek(len(gzipMagic)); string(magic) != gzipMagic {
		return gzip.ErrHeader
	}
	if err := m.z.Reset(m.raw); err != nil {
		return err
	}
	m.z.Multistream(false)
	return nil
}

// zstdFile reads zstd data with errors about the file.
type zstdFile struct{ *zstd.Decoder }

func (z zstdFile) Read(b []byte) (int, error) {
	n, err := z.Decoder.Read(b)
	if err != nil && err != io.EOF {
		err = zstdError(err)
	}
	return n, err
}

func zstdError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file is cut off in the middle of its zstd data")
	case errors.Is(err, zstd.ErrMagicMismatch):
		return errors.New("after the zstd data comes something else")
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return errors.New("unpacking its zstd data takes too much memory; pack it without --long")
	case errors.Is(err, zstd.ErrUnknownDictionary):
		return errors.New("its zstd data needs a dictionary; unpack it first")
	}
	return fmt.Errorf("reading zstd: %w", err)
}

func gzipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file is cut off in the middle of its gzip data")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("after the gzip data comes something else")
	}
	return fmt.Errorf("reading gzip: %w", err)
}
