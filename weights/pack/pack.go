// Package pack reads and writes packs: one file that carries a model, what
// belongs to it and the manifest to check it by across an air gap.
//
// A pack is a tar archive in zstd, so that 'zstd -dc x.coderm | tar x' opens it
// on a machine without this program. It is cut into frames that can be read,
// checked and repaired one by one:
//
//	frame 0              tar header and content of manifest.json
//	per file: 1 frame    padding of what came before, tar header
//	          n frames   one chunk of the file each (16 MiB before compression)
//	last frame           padding and the archive's end
//	skippable frame      seek table (zstd's seekable format): the size of each frame
//
// A chunk that compression does not shrink (quantized weights hardly do) is
// stored in raw zstd blocks. Equal content makes an equal pack, byte for byte.
package pack

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"coderm/weights/chunk"
)

// Ext is how pack files are named.
const Ext = ".coderm"

// ErrFormat: the file is not a pack, or its structure is damaged.
var ErrFormat = errors.New("not an intact coderm pack")

// The zstd format's numbers: RFC 8878 and the seekable format of zstd's
// contrib/seekable_format/zstd_seekable_compression_format.md.
const (
	frameMagic    = 0xFD2FB528
	skippable     = 0x184D2A5E
	seekableMagic = 0x8F92EAB1
	maxBlock      = 128 << 10 // bytes of content in one block
	footerBytes   = 9         // number of frames, descriptor, magic
	entryBytes    = 8         // compressed and decompressed size
	maxFrames     = 1 << 20
)

// tarBlock is the unit that tar pads everything to.
const tarBlock = 512

// tarHeader is the archive's header for a file. Everything that could differ
// between two machines is left out.
func tarHeader(name string, size int64) []byte {
	var b bytes.Buffer
	err := tar.NewWriter(&b).WriteHeader(&tar.Header{
		Name: name, Size: size, Mode: 0o644, Typeflag: tar.TypeReg, ModTime: time.Unix(0, 0), Format: tar.FormatGNU,
	})
	if err != nil {
		panic(err) // the manifest was validated: plain name, size below 2^43
	}
	return b.Bytes()
}

func padding(size int64) int64 { return (tarBlock - size%tarBlock) % tarBlock }

// skeleton is the content of all frames that are not chunks: the manifest, one
// header per file, the end.
func skeleton(m *chunk.Manifest) [][]byte {
	text := m.Encode()
	first := append(tarHeader(chunk.ManifestName, int64(len(text))), text...)
	parts := [][]byte{append(first, make([]byte, padding(int64(len(text))))...)}
	var pad int64
	for _, f := range m.Files {
		parts = append(parts, append(make([]byte, pad), tarHeader(f.Name, f.Bytes)...))
		pad = padding(f.Bytes)
	}
	return append(parts, make([]byte, pad+2*tarBlock))
}

// frame is one entry of the seek table.
type frame struct {
	size    uint32 // bytes in the file
	content uint32 // bytes after decompression
}

// seekTable is the skippable frame that ends a pack.
func seekTable(frames []frame) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, skippable)
	b = le.AppendUint32(b, uint32(len(frames)*entryBytes+footerBytes))
	for _, f := range frames {
		b = le.AppendUint32(b, f.size)
		b = le.AppendUint32(b, f.content)
	}
	b = le.AppendUint32(b, uint32(len(frames)))
	b = append(b, 0) // no checksums: the manifest has better ones
	return le.AppendUint32(b, seekableMagic)
}

// rawFrame is a zstd frame that holds content as it is.
func rawFrame(content []byte) []byte {
	le := binary.LittleEndian
	b := make([]byte, 0, len(content)+16+3*(len(content)/maxBlock+1))
	b = le.AppendUint32(b, frameMagic)
	b = append(b, 2<<6|1<<5) // content size in 4 bytes, one segment, no checksum
	b = le.AppendUint32(b, uint32(len(content)))
	for {
		n := min(len(content), maxBlock)
		header := uint32(n) << 3 // type 0: raw
		if n == len(content) {
			header |= 1 // the last block
		}
		b = append(b, byte(header), byte(header>>8), byte(header>>16))
		b = append(b, content[:n]...)
		if content = content[n:]; len(content) == 0 {
			return b
		}
	}
}

func formatError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}
