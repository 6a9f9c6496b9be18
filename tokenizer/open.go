package tokenizer

import (
	"fmt"
	"strconv"
	"strings"

	"coderm/weights/store"
)

// Open loads the tokenizer of a GGUF file, a model of the user's store by its name
// ("" for the default one) or a tokenizer.json.
func Open(model string) (*Tokenizer, error) {
	if strings.HasSuffix(model, ".json") {
		return FromJSON(model)
	}
	path, err := store.Resolve(model)
	if err != nil {
		return nil, err
	}
	return FromGGUF(path)
}

// ParseIDs reads token ids with spaces between them.
func (t *Tokenizer) ParseIDs(text string) ([]int32, error) {
	var ids []int32
	for _, word := range strings.Fields(text) {
		id, err := strconv.Atoi(word)
		if err != nil || id < 0 || id >= t.VocabSize() {
			return nil, fmt.Errorf("%q is not a token id (0 to %d)", word, t.VocabSize()-1)
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}
