package problem

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Shard is one of several parts of the problems, each the work of another process.
// The parts are about equal, have nothing in common and are together all problems.
// The zero value stands for all of them.
type Shard struct {
	Index int // from 0
	Of    int // how many there are; 0: the problems are not divided
}

// MaxShards bounds how many parts there may be, far above any use of them.
const MaxShards = 1_000_000

// Has tells whether a problem is of the shard: the first eight bytes of the SHA-256 of
// its task_id, as a big-endian number, leave Index when divided by Of. It depends on
// nothing else, so that other programs can tell, too; of twice as many shards, i and
// i+Of are together this one.
func (s Shard) Has(taskID string) bool {
	if s.Of == 0 {
		return true
	}
	sum := sha256.Sum256([]byte(taskID))
	return binary.BigEndian.Uint64(sum[:])%uint64(s.Of) == uint64(s.Index)
}

// String is "3/8", or "" for all problems.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// ParseShard reads what String writes. For "auto/8" it asks auto for the index.
func ParseShard(text string, auto func() (string, error)) (Shard, error) {
	if text == "" {
		return Shard{}, nil
	}
	index, of, ok := strings.Cut(text, "/")
	if index == "auto" {
		var err error
		if index, err = auto(); err != nil {
			return Shard{}, err
		}
	}
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	switch {
	case !ok || err != nil || err2 != nil:
		return Shard{}, fmt.Errorf("%q: give i/n, the shard's number from 0 and how many there are, as in 3/8", text)
	case n < 1 || n > MaxShards:
		return Shard{}, fmt.Errorf("%q: give 1 to %d shards", text, MaxShards)
	case i < 0 || i >= n:
		return Shard{}, fmt.Errorf("%d/%d: of %d shards the numbers are 0 to %d", i, n, n, n-1)
	}
	return Shard{i, n}, nil
}

// MarshalText writes it as String does.
func (s Shard) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Shard) UnmarshalText(text []byte) (err error) {
	*s, err = ParseShard(string(text), func() (string, error) { return "", errors.New("auto is for the command line alone") })
	return err
}
