package pack

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"coderm/weights/chunk"
)

// Reader is an open pack. It is a chunk.Source: whatever can be pulled from a
// folder can be pulled from a pack, on this machine or behind an address.
type Reader struct {
	r        io.ReaderAt
	closer   io.Closer
	dec      *zstd.Decoder
	manifest *chunk.Manifest
	frames   []frame
	offsets  []int64        // of each frame in the file
	first    map[string]int // file name -> frame of its first chunk
}

var _ chunk.Source = (*Reader)(nil)

// maxContent bounds what one frame may decompress to: a chunk or the manifest.
const maxContent = chunk.Size + 1<<20

// Open opens the pack at path.
func Open(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, err := NewReader(f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	r.closer = f
	return r, nil
}

// NewReader reads the seek table and the manifest of a pack of size bytes.
func NewReader(r io.ReaderAt, size int64) (*Reader, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxContent), zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, err
	}
	p := &Reader{r: r, dec: dec, first: make(map[string]int)}
	if err := p.readTable(size); err != nil {
		dec.Close()
		return nil, err
	}
	if err := p.readManifest(); err != nil {
		dec.Close()
		return nil, err
	}
	return p, nil
}

// readTable finds the seek table from the end of the file.
func (p *Reader) readTable(size int64) error {
	le := binary.LittleEndian
	var footer [footerBytes]byte
	if size < footerBytes {
		return formatError("only %d bytes", size)
	}
	if _, err := p.r.ReadAt(footer[:], size-footerBytes); err != nil && err != io.EOF {
		return err
	}
	if le.Uint32(footer[5:]) != seekableMagic || footer[4] != 0 {
		return formatError("the seek table at its end is missing (cut off?)")
	}
	n := int64(le.Uint32(footer[:]))
	table := n*entryBytes + footerBytes + 8
	if n < 2 || n > maxFrames || table > size {
		return formatError("a seek table of %d frames", n)
	}
	b := make([]byte, table)
	if _, err := p.r.ReadAt(b, size-table); err != nil && err != io.EOF {
		return err
	}
	if le.Uint32(b) != skippable || int64(le.Uint32(b[4:])) != table-8 {
		return formatError("the seek table is damaged")
	}
	var off int64
	for i := range n {
		f := frame{le.Uint32(b[8+i*entryBytes:]), le.Uint32(b[12+i*entryBytes:])}
		if f.content > maxContent || f.size > maxContent {
			return formatError("frame %d of %d bytes, %d when decompressed", i, f.size, f.content)
		}
		p.frames = append(p.frames, f)
		p.offsets = append(p.offsets, off)
		off += int64(f.size)
	}
	if off != size-table {
		return formatError("the seek table describes %d bytes of %d", off, size-table)
	}
	return nil
}

// readManifest reads frame 0 and checks that the frames are those of the files
// it lists.
func (p *Reader) readManifest() error {
	content, err := p.decode(0, nil)
	if err != nil {
		return formatError("its manifest is damaged: %v", err)
	}
	t := tar.NewReader(bytes.NewReader(content))
	if h, err := t.Next(); err != nil || h.Name != chunk.ManifestName {
		return formatError("it does not begin with %s", chunk.ManifestName)
	}
	if p.manifest, err = chunk.Parse(t); err != nil {
		return formatError("%v", err)
	}
	next := 1
	for _, f := range p.manifest.Files {
		next++ // its header
		p.first[f.Name] = next
		for i := range f.Chunks {
			_, n := f.Range(i)
			if next >= len(p.frames) || int64(p.frames[next].content) != n {
				return formatError("its frames are not those of its manifest")
			}
			next++
		}
	}
	if next+1 != len(p.frames) {
		return formatError("%d frames, the manifest asks for %d", len(p.frames), next+1)
	}
	return nil
}

// decode returns the content of frame i, in buf if it has room.
func (p *Reader) decode(i int, buf []byte) ([]byte, error) {
	packed := make([]byte, p.frames[i].size)
	if n, err := p.r.ReadAt(packed, p.offsets[i]); n < len(packed) {
		return nil, err
	}
	content, err := p.dec.DecodeAll(packed, buf[:0])
	if err != nil {
		return nil, err
	}
	if len(content) != int(p.frames[i].content) {
		return nil, formatError("frame %d has %d bytes, not %d", i, len(content), p.frames[i].content)
	}
	return content, nil
}

// Manifest returns the pack's manifest.
func (p *Reader) Manifest(context.Context) (*chunk.Manifest, error) { return p.manifest, nil }

// Open returns random access to a file of the pack, by whole chunks inside.
func (p *Reader) Open(_ context.Context, f *chunk.File) (chunk.ReaderAtCloser, error) {
	first, ok := p.first[f.Name]
	if !ok {
		return nil, fmt.Errorf("the pack has no file %q", f.Name)
	}
	return &fileReader{p, f, first}, nil
}

// Close closes the pack.
func (p *Reader) Close() error {
	p.dec.Close()
	if p.closer == nil {
		return nil
	}
	return p.closer.Close()
}

type fileReader struct {
	p     *Reader
	f     *chunk.File
	first int // frame of chunk 0
}

func (r *fileReader) Close() error { return nil }

func (r *fileReader) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	done := 0
	for done < len(b) {
		i := int((off + int64(done)) / chunk.Size)
		if i >= len(r.f.Chunks) {
			return done, io.EOF
		}
		start, n := r.f.Range(i)
		skip := off + int64(done) - start
		if skip >= n {
			return done, io.EOF
		}
		var buf []byte
		if skip == 0 && int64(len(b)-done) >= n {
			buf = b[done : done : done+int(n)] // a whole chunk: decode in place
		}
		content, err := r.p.decode(r.first+i, buf)
		if err != nil {
			return done, fmt.Errorf("%s: %w", r.f.Describe(i), err)
		}
		done += copy(b[done:], content[skip:])
	}
	return done, nil
}

// Verify reads everything and returns what is broken, in words: chunks by
// name, and the frames around them.
func (p *Reader) Verify(ctx context.Context, progress chunk.Progress) ([]string, error) {
	var broken []string
	at := 0
	for i, want := range skeleton(p.manifest) {
		if got, err := p.decode(at, nil); err != nil || !bytes.Equal(got, want) {
			broken = append(broken, fmt.Sprintf("the archive's own frame %d of %d", at+1, len(p.frames)))
		}
		at++
		if i > 0 && i <= len(p.manifest.Files) {
			at += len(p.manifest.Files[i-1].Chunks)
		}
	}
	for i := range p.manifest.Files {
		f := &p.manifest.Files[i]
		r, err := p.Open(ctx, f)
		if err != nil {
			return broken, err
		}
		bad, err := chunk.Broken(ctx, r, f, progress)
		if err != nil {
			return broken, err
		}
		for _, c := range bad {
			broken = append(broken, f.Describe(c))
		}
	}
	return broken, nil
}
