package sandbox

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"coderm/internal/dirs"
)

// EnvPackages names the file of the packages guest, or is NoPackages.
const EnvPackages = "CODERM_GUEST_PACKAGES"

// NoPackages in the place of a file means that there are none, wherever one lies.
const NoPackages = "none"

// packagesFile is what the file of the packages guest is called (scripts/build-packages.sh).
const packagesFile = "coderm-guest-packages.tar.zst"

// The members of that file. The manifest comes first.
const (
	manifestMember = "manifest.json"
	moduleMember   = "guest.wasm"
)

const (
	maxManifest = 1 << 20
	maxModule   = 1 << 30
)

// Packages is a packages guest that was found: the library's guest, and packages.
type Packages struct {
	Path   string
	Digest string // SHA-256 of its description, which has the module's; in hex
	Python string // version
	List   []Package
	PutOff []string // modules that are not here, but whose import fails only at their use

	module string // SHA-256 of the module, in hex
}

// Package is one that programs can import.
type Package struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Licence string   `json:"licence"` // by SPDX
	Imports []string `json:"imports"` // modules at its top
}

// ID is the digest, "" where there are no packages.
func (p *Packages) ID() string {
	if p == nil {
		return ""
	}
	return p.Digest
}

// String lists the packages with their versions.
func (p *Packages) String() string {
	var list []string
	for _, q := range p.List {
		list = append(list, q.Name+" "+q.Version)
	}
	return strings.Join(list, ", ")
}

// manifest is the description in the file.
type manifest struct {
	Format   int       `json:"format"`
	Guest    string    `json:"guest"`  // digest of the library's guest of the same sources
	Module   string    `json:"module"` // digest
	Python   string    `json:"python"`
	Packages []Package `json:"packages"`
	PutOff   []string  `json:"put_off"`
}

const manifestFormat = 1

// FindPackages finds the packages guest: at path, if it is not "", else where EnvPackages
// says, beside the program (bin/coderm and lib/coderm), or in the user's folder for data.
// It is nil where there is none; one that cannot be read, or that is not of this
// program's guest, is an error. Only the description is read.
func FindPackages(path string) (*Packages, error) {
	asked := path
	if asked == "" {
		asked = os.Getenv(EnvPackages)
	}
	switch {
	case asked == NoPackages:
		return nil, nil
	case asked != "":
		return readPackages(asked)
	}
	for _, dir := range PackagesFolders() {
		p, err := readPackages(filepath.Join(dir, packagesFile))
		if !errors.Is(err, fs.ErrNotExist) {
			return p, err
		}
	}
	return nil, nil
}

// PackagesFolders is where the packages guest is looked for.
func PackagesFolders() (folders []string) {
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		folders = append(folders, dir, filepath.Join(dir, "..", "lib", "coderm"))
	}
	if dir, err := dirs.Data(); err == nil {
		folders = append(folders, dir)
	}
	return folders
}

// readPackages reads the description of a packages guest.
func readPackages(path string) (*Packages, error) {
	var text []byte
	err := unpack(path, func(name string, content io.Reader) (more bool, err error) {
		if name != manifestMember {
			return false, fmt.Errorf("begins with %q and no %s", name, manifestMember)
		}
		text, err = io.ReadAll(io.LimitReader(content, maxManifest))
		return false, err
	})
	if err != nil {
		return nil, err
	}
	var m manifest
	switch err := json.Unmarshal(text, &m); {
	case err != nil:
		return nil, unusable(path, fmt.Errorf("%s: %w", manifestMember, err))
	case m.Format != manifestFormat || m.Guest != GuestDigest():
		return nil, fmt.Errorf("the packages guest %s is of another coderm (guest %.12s; this one's is %.12s): make or fetch the one of this version, or set %s=%s",
			path, m.Guest, GuestDigest(), EnvPackages, NoPackages)
	}
	for _, p := range m.Packages {
		if p.Name == "" || p.Version == "" || len(p.Imports) == 0 || slices.Contains(p.Imports, "") {
			return nil, unusable(path, fmt.Errorf("%s: a package without a name, a version or an import", manifestMember))
		}
	}
	sum := sha256.Sum256(text)
	return &Packages{Path: path, Digest: hex.EncodeToString(sum[:]), Python: m.Python, List: m.Packages, PutOff: m.PutOff, module: m.Module}, nil
}

// wasm reads the module and checks that it is the one described.
func (p *Packages) wasm() ([]byte, error) {
	var wasm []byte
	err := unpack(p.Path, func(name string, content io.Reader) (more bool, err error) {
		if name != moduleMember {
			return true, nil
		}
		wasm, err = io.ReadAll(io.LimitReader(content, maxModule))
		return false, err
	})
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(wasm); hex.EncodeToString(sum[:]) != p.module {
		return nil, unusable(p.Path, fmt.Errorf("%s is not the one that %s describes", moduleMember, manifestMember))
	}
	return wasm, nil
}

// unpack hands over the members of a file in their order, until each says that it wants
// no more.
func unpack(path string, each func(name string, content io.Reader) (more bool, err error)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the packages guest: %w", err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return unusable(path, err)
	}
	defer z.Close()
	for t := tar.NewReader(z); ; {
		head, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unusable(path, err)
		}
		if more, err := each(head.Name, t); err != nil {
			return unusable(path, err)
		} else if !more {
			return nil
		}
	}
}

func unusable(path string, err error) error {
	return fmt.Errorf("the packages guest %s cannot be used: %w", path, err)
}
