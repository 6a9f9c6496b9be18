package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"coderm/internal/testkit"
	"coderm/model"
	"coderm/problem"
	"coderm/tokenizer"
)

// The published prompts, in the chat template of Llama 3.1, have the token ids that the
// reference's tokenizer gives them. testdata/prompt_ids.tsv has how many and the
// beginning of the SHA-256 of their decimals, a blank apart: recorded with Hugging
// Face's tokenizers 0.23.3 and jinja2, as apply_chat_template does it with a
// generation prompt.
func TestPublishedPromptIDs(t *testing.T) {
	source, err := os.ReadFile("../../model/testdata/llama-3.1.jinja")
	if err != nil {
		t.Fatal(err)
	}
	template, err := model.NewTemplate(string(source), "<|begin_of_text|>", "<|eot_id|>")
	if err != nil {
		t.Fatal(err)
	}
	defer template.Close()
	tok, err := tokenizer.FromJSON(testkit.Fetched(t, "tokenizers/llama3_1.json", "scripts/fetch-tokenizers.sh"))
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile("testdata/prompt_ids.tsv")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(recorded)), "\n")
	n := 0
	err = problem.Lines(testkit.Data(t, "coderm-prompts.jsonl.gz"), func(line []byte) error {
		var l struct {
			ID     string `json:"task_id"`
			Prompt string
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		text, err := template.Render(l.Prompt)
		if err != nil {
			return err
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(strings.Trim(fmt.Sprint(ids), "[]")))
		if got := fmt.Sprintf("%s\t%d\t%x", l.ID, len(ids), sum[:8]); got != want[n] {
			t.Errorf("got %q, want %q", got, want[n])
		}
		n++
		return nil
	})
	if err != nil || n != 710 || n != len(want) {
		t.Errorf("%d prompts, %d recorded: %v", n, len(want), err)
	}
}
