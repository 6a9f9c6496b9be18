package fsx

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
)

// partialName is a hidden file's name in the folder of the file it is to become.
func partialName(base string) string { return "." + base + ".partial-" + rand.Text()[:8] }

var partialPattern = regexp.MustCompile(`^\..+\.partial-[A-Z2-7]{8}$`)

// RemovePartials removes the hidden files that killed processes left in dir.
// Nobody may be writing there.
func RemovePartials(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !partialPattern.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
