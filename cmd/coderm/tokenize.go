package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"coderm/tokenizer"
)

type tokenizeOptions struct {
	model  string
	text   bool // treat special tokens' text as text
	bos    bool
	decode bool
	count  bool
}

func (a *app) tokenizeCmd() *cobra.Command {
	var o tokenizeOptions
	c := &cobra.Command{
		Use:   "tokenize [FILE]",
		Short: "Show a text's token ids, without loading the model",
		Long: `Show the token ids of a text (FILE or standard input), or with --decode the
text of ids. The ids equal llama.cpp's; the model itself is not loaded.`,
		Example: `  echo 'def f(x):' | coderm tokenize
  coderm tokenize --count --model CodeRM-8B-Q4_K_M.gguf prompt.txt
  echo 1604 275 24 104 727 198 | coderm tokenize --decode`,
		Args: atMostOneArg("one FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			in, err := a.readInput(args)
			if err != nil {
				return err
			}
			return a.tokenize(in, o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.model, "model", "m", "", "a .gguf file, a tokenizer.json or a model's name (default: the default model)")
	f.BoolVar(&o.text, "no-special", false, "treat the text of special tokens (<|im_start|>) like any other")
	f.BoolVar(&o.bos, "bos", false, "begin with the beginning-of-sequence token if the model wants one")
	f.BoolVar(&o.decode, "decode", false, "read ids and print their text")
	f.BoolVar(&o.count, "count", false, "print only the number of tokens")
	return c
}

// longestText bounds what is tokenized, in bytes: devices have no end.
const longestText = 64 << 20

// readInput reads the file named in args, or standard input.
func (a *app) readInput(args []string) (string, error) {
	in, name := a.stdin, "standard input"
	if len(args) > 0 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return "", asUsage(err)
		}
		defer f.Close()
		in, name = f, args[0]
	}
	data, err := io.ReadAll(io.LimitReader(in, longestText+1))
	if err == nil && len(data) > longestText {
		err = fmt.Errorf("%s is longer than %d MiB", name, longestText>>20)
	}
	return string(data), asUsage(err)
}

// token is one id as --json prints it.
type token struct {
	ID   int32  `json:"id"`
	Text string `json:"text"` // as the vocabulary spells it
}

func (a *app) tokenize(in string, o tokenizeOptions) error {
	t, err := tokenizer.Open(o.model)
	if err != nil {
		return asUsage(err)
	}
	if o.decode {
		return a.detokenize(t, in)
	}
	ids, err := t.Encode(in, !o.text)
	if err != nil {
		return asUsage(err)
	}
	if o.bos {
		ids = t.AddBOS(ids)
	}
	switch {
	case a.json && o.count:
		return a.printJSON(map[string]int{"tokens": len(ids)})
	case a.json:
		tokens := make([]token, len(ids))
		for i, id := range ids {
			text, _ := t.Token(id)
			tokens[i] = token{id, text}
		}
		return a.printJSON(tokens)
	case o.count:
		_, err = fmt.Fprintln(a.stdout, len(ids))
	default:
		words := make([]string, len(ids))
		for i, id := range ids {
			words[i] = strconv.Itoa(int(id))
		}
		_, err = fmt.Fprintln(a.stdout, strings.Join(words, " "))
	}
	return err
}

func (a *app) detokenize(t *tokenizer.Tokenizer, in string) error {
	ids, err := t.ParseIDs(in)
	if err != nil {
		return asUsage(err)
	}
	text := t.DecodeSpecial(ids)
	if a.json {
		return a.printJSON(map[string]string{"text": text})
	}
	if isTerminal(a.out.w) {
		_, err := io.WriteString(a.stdout, text)
		return err
	}
	_, err = io.WriteString(a.out, text) // byte for byte
	return err
}
