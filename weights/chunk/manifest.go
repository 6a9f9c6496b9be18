// Package chunk describes a set of model files by the SHA-256 of every 16 MiB
// chunk, finds the chunks of a copy that are broken and fetches only those.
// The store, packs and downloads all share this one vocabulary.
package chunk

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
)

// Size is the length of a chunk in bytes; a file's last chunk may be shorter.
// 16 MiB keeps a 5 GB model's manifest at 300 lines and a repair cheap.
const Size = 16 << 20

// The limits a manifest from outside has to keep.
const (
	maxManifest = 8 << 20 // bytes of JSON: 128k chunks, 2 TiB of model
	maxFiles    = 64
	maxFileSize = 1 << 43
)

// Role says what a file of a model is for.
type Role string

// The roles a model's files can have. Only the model itself must be present.
const (
	RoleModel      Role = "model"         // GGUF
	RoleTokenizer  Role = "tokenizer"     // tokenizer.json
	RoleTemplate   Role = "chat-template" // Jinja text
	RoleClassifier Role = "difficulty"    // difficulty classifier
	RoleOther      Role = "other"         // licence, notes
)

// File is one file of a model. Chunks[i] is the SHA-256 of bytes
// [i*Size, min((i+1)*Size, Bytes)); digests are lower-case hex.
type File struct {
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	Bytes  int64    `json:"bytes"`
	SHA256 string   `json:"sha256"`
	Chunks []string `json:"chunks"`
}

// Manifest describes a model: everything needed to fetch, check and use it.
type Manifest struct {
	Version int    `json:"version"` // of this format: 1
	Name    string `json:"name"`    // its name in the store, such as "default"
	Title   string `json:"title,omitempty"`
	Note    string `json:"note,omitempty"` // shown to whoever pulls it
	Files   []File `json:"files"`
}

// ManifestName is the name a manifest has in a folder, an address or a pack.
const ManifestName = "manifest.json"

var (
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	fileRoles   = map[Role]bool{RoleModel: true, RoleTokenizer: true, RoleTemplate: true, RoleClassifier: true, RoleOther: true}
)

// ValidName tells whether s can name a model in the store.
func ValidName(s string) bool { return namePattern.MatchString(s) }

// Parse reads and validates a manifest from outside.
func Parse(r io.Reader) (*Manifest, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxManifest {
		return nil, fmt.Errorf("the manifest is larger than %d MiB", maxManifest>>20)
	}
	m := new(Manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("not a model manifest: %w", err)
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("bad model manifest: %w", err)
	}
	return m, nil
}

// Encode writes the manifest as indented JSON.
func (m *Manifest) Encode() []byte {
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		panic(err) // strings and numbers only: cannot fail
	}
	return append(data, '\n')
}

// Model returns the model's own file.
func (m *Manifest) Model() *File { return m.ByRole(RoleModel) }

// ByRole returns the first file with that role, or nil.
func (m *Manifest) ByRole(role Role) *File {
	for i := range m.Files {
		if m.Files[i].Role == role {
			return &m.Files[i]
		}
	}
	return nil
}

// Bytes is the size of all files together.
func (m *Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// Validate checks everything that later code relies on, so that a manifest
// from outside cannot name paths outside its folder or sizes it does not list.
func (m *Manifest) Validate() error {
	if m.Version != 1 {
		return fmt.Errorf("version %d, this program reads version 1", m.Version)
	}
	if !ValidName(m.Name) {
		return fmt.Errorf("bad model name %q", m.Name)
	}
	if len(m.Files) > maxFiles {
		return fmt.Errorf("%d files, at most %d are allowed", len(m.Files), maxFiles)
	}
	seen := map[string]bool{ManifestName: true}
	for i := range m.Files {
		f := &m.Files[i]
		if err := f.validate(); err != nil {
			return fmt.Errorf("file %d (%q): %w", i+1, f.Name, err)
		}
		if seen[f.Name] {
			return fmt.Errorf("file %d: the name %q appears twice", i+1, f.Name)
		}
		seen[f.Name] = true
	}
	if m.Model() == nil {
		return errors.New("no file has the role \"model\"")
	}
	return nil
}

func (f *File) validate() error {
	switch {
	case !namePattern.MatchString(f.Name) || filepath.Base(f.Name) != f.Name:
		return errors.New("not a plain file name")
	case !fileRoles[f.Role]:
		return fmt.Errorf("unknown role %q", f.Role)
	case f.Bytes < 0 || f.Bytes > maxFileSize:
		return fmt.Errorf("impossible size %d", f.Bytes)
	case len(f.Chunks) != Count(f.Bytes):
		return fmt.Errorf("%d chunk digests for %d bytes, expected %d", len(f.Chunks), f.Bytes, Count(f.Bytes))
	case !ValidDigest(f.SHA256):
		return fmt.Errorf("bad digest %q", f.SHA256)
	}
	for i, c := range f.Chunks {
		if !ValidDigest(c) {
			return fmt.Errorf("chunk %d: bad digest %q", i+1, c)
		}
	}
	return nil
}

// ValidDigest tells whether s is a SHA-256 in lower-case hex.
func ValidDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32 && hex.EncodeToString(b) == s
}

// Count is the number of chunks in a file of n bytes.
func Count(n int64) int { return int((n + Size - 1) / Size) }

// Range returns the offset and length of chunk i.
func (f *File) Range(i int) (off, n int64) {
	off = int64(i) * Size
	return off, min(Size, f.Bytes-off)
}

// Describe names chunk i for a message.
func (f *File) Describe(i int) string {
	off, n := f.Range(i)
	return fmt.Sprintf("%s: chunk %d of %d (bytes %d to %d)", f.Name, i+1, len(f.Chunks), off, off+n-1)
}
