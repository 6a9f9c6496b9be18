package pack

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/klauspost/compress/zstd"

	"coderm/weights/chunk"
)

// A chunk is compressed only if its first probeBytes shrink below this share:
// decoding what gained nothing would cost time at every use.
const (
	probeBytes    = 1 << 20
	worthwhile    = 0.97
	chunksInBatch = 2 // per core: enough to keep all busy while one batch is written
)

// Stats says what became of a pack's content.
type Stats struct {
	Content int64 `json:"content_bytes"` // of all files
	Packed  int64 `json:"packed_bytes"`  // of the pack
	Chunks  int   `json:"chunks"`
	Raw     int   `json:"raw_chunks"` // stored without compression
}

// Write writes src as a pack. Every chunk is checked against the manifest on
// its way, so a pack never holds bytes that its manifest denies.
func Write(ctx context.Context, w io.Writer, src chunk.Source, p chunk.Progress) (*Stats, error) {
	m, err := src.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	pw := &writer{w: w, enc: enc, stats: Stats{Content: m.Bytes()}, progress: p}
	parts := skeleton(m)
	if err := pw.add(pw.pack(parts[0]), len(parts[0])); err != nil {
		return nil, err
	}
	for i := range m.Files {
		if err := pw.add(pw.pack(parts[i+1]), len(parts[i+1])); err != nil {
			return nil, err
		}
		if err := pw.file(ctx, &m.Files[i], src); err != nil {
			return nil, err
		}
	}
	end := parts[len(parts)-1]
	if err := pw.add(pw.pack(end), len(end)); err != nil {
		return nil, err
	}
	table := seekTable(pw.frames)
	_, err = w.Write(table)
	pw.stats.Packed += int64(len(table))
	return &pw.stats, err
}

type writer struct {
	w        io.Writer
	enc      *zstd.Encoder
	frames   []frame
	stats    Stats
	progress chunk.Progress
}

// pack returns the frame for content.
func (w *writer) pack(content []byte) []byte {
	probe := content[:min(len(content), probeBytes)]
	packed := w.enc.EncodeAll(probe, nil)
	if float64(len(packed)) > worthwhile*float64(len(probe)) {
		return rawFrame(content)
	}
	if len(probe) < len(content) {
		packed = w.enc.EncodeAll(content, make([]byte, 0, len(content)))
	}
	return packed
}

// add writes one frame.
func (w *writer) add(packed []byte, content int) error {
	w.frames = append(w.frames, frame{uint32(len(packed)), uint32(content)})
	w.stats.Packed += int64(len(packed))
	_, err := w.w.Write(packed)
	return err
}

// file writes the chunks of f: a batch is compressed in parallel, then written
// in order.
func (w *writer) file(ctx context.Context, f *chunk.File, src chunk.Source) error {
	r, err := src.Open(ctx, f)
	if err != nil {
		return err
	}
	defer r.Close()
	batch := chunksInBatch * runtime.GOMAXPROCS(0)
	for start := 0; start < len(f.Chunks); start += batch {
		packed := make([][]byte, min(batch, len(f.Chunks)-start))
		err := chunk.ForEach(ctx, len(packed), func(_ context.Context, i int, buf []byte) error {
			off, n := f.Range(start + i)
			if got, err := r.ReadAt(buf[:n], off); int64(got) < n {
				return fmt.Errorf("%s: %w", f.Describe(start+i), err)
			}
			if chunk.Digest(buf[:n]) != f.Chunks[start+i] {
				return fmt.Errorf("%s: %w", f.Describe(start+i), chunk.ErrMismatch)
			}
			packed[i] = w.pack(buf[:n])
			w.progress.Add(n)
			return nil
		})
		if err != nil {
			return err
		}
		for i, b := range packed {
			_, n := f.Range(start + i)
			if int64(len(b)) > n {
				w.stats.Raw++
			}
			w.stats.Chunks++
			if err := w.add(b, int(n)); err != nil {
				return err
			}
		}
	}
	return nil
}
