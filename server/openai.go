package server

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"coderm/engine"
	"coderm/model"
)

// OpenAI's interface, https://platform.openai.com/docs/api-reference, with what
// llama.cpp's and vLLM's servers add to it. Types are our own: the official package
// has them for clients only.

// openaiCommon is what both ways to complete have in common.
type openaiCommon struct {
	Model         string   `json:"model"`
	N             *int     `json:"n"`
	NCmpl         *int     `json:"n_cmpl"` // llama.cpp's n
	Seed          *int64   `json:"seed"`
	Temperature   *float32 `json:"temperature"`
	TopP          *float32 `json:"top_p"`
	TopK          *int     `json:"top_k"`
	MinP          *float32 `json:"min_p"`
	RepeatPenalty *float32 `json:"repeat_penalty"`
	MaxTokens     *int     `json:"max_tokens"`
	Stop          texts    `json:"stop"`
	Stream        bool     `json:"stream"`
	StreamOptions *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`

	// What is not there.
	FrequencyPenalty float32                    `json:"frequency_penalty"`
	PresencePenalty  float32                    `json:"presence_penalty"`
	LogitBias        map[string]json.RawMessage `json:"logit_bias"`
}

// refuse says what of a request is not there, rather than answer something else.
func (q *openaiCommon) refuse() error {
	switch {
	case q.FrequencyPenalty != 0 || q.PresencePenalty != 0:
		return bad("frequency_penalty and presence_penalty are not there; repeat_penalty is")
	case len(q.LogitBias) > 0:
		return bad("logit_bias is not there")
	}
	return nil
}

func (q *openaiCommon) wish() wish {
	return wish{
		n: or(q.N, or(q.NCmpl, 1)), seed: q.Seed, temperature: or(q.Temperature, 1), topP: or(q.TopP, 1), topK: or(q.TopK, 0),
		minP: or(q.MinP, 0), repeat: or(q.RepeatPenalty, 1), maxTokens: q.MaxTokens, stop: q.Stop,
	}
}

type completionRequest struct {
	openaiCommon
	Prompt   json.RawMessage `json:"prompt"`
	Logprobs *int            `json:"logprobs"`
	Echo     bool            `json:"echo"`
	Suffix   string          `json:"suffix"`
	BestOf   *int            `json:"best_of"`
}

// prompts reads a text, texts, tokens or lists of tokens.
func (q *completionRequest) prompts() ([]engine.Prompt, error) {
	var out []engine.Prompt
	if len(q.Prompt) == 0 || string(q.Prompt) == "null" {
		return nil, bad("no prompt")
	}
	one, isText := read[string](q.Prompt)
	many, areTexts := read[[]string](q.Prompt)
	ids, isTokens := read[[]int32](q.Prompt)
	lists, areTokens := read[[][]int32](q.Prompt)
	switch {
	case isText:
		many = []string{one}
	case areTexts:
	case isTokens:
		lists = [][]int32{ids}
	case !areTokens:
		return nil, bad("the prompt is neither a text nor tokens nor a list of these")
	}
	for _, t := range many {
		out = append(out, engine.Prompt{Text: t})
	}
	for _, t := range lists {
		if len(t) == 0 {
			return nil, bad("the prompt is empty")
		}
		out = append(out, engine.Prompt{Tokens: t})
	}
	if len(out) == 0 {
		return nil, bad("no prompt")
	}
	return out, nil
}

// read reads a value of a type, if it is one. What encoding/json has read up to an error
// counts for nothing.
func read[T any](text json.RawMessage) (v T, ok bool) {
	if json.Unmarshal(text, &v) != nil {
		return *new(T), false
	}
	return v, true
}

func (s *Server) completions(w http.ResponseWriter, r *http.Request) error {
	var q completionRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if err := q.refuse(); err != nil {
		return err
	}
	if q.MaxTokens == nil {
		most := 16 // OpenAI's
		q.MaxTokens = &most
	}
	ask := q.wish()
	ask.alternatives = or(q.Logprobs, 0)
	switch {
	case q.Echo || q.Suffix != "":
		return bad("echo and suffix are not there")
	case q.BestOf != nil && *q.BestOf != ask.n:
		return bad("best_of is not there: ask for n, and choose by /v1/rerank")
	}
	prompts, err := q.prompts()
	if err != nil {
		return err
	}
	return s.openai(w, r, openaiJob{
		openaiCommon: &q.openaiCommon, wish: ask, kind: "text_completion", prefix: "cmpl-", logprobs: q.Logprobs != nil,
		prompts: func(*loaded) ([]engine.Prompt, error) { return prompts, nil },
		choice:  func(p part) any { return completionChoice(p) },
	})
}

type chatRequest struct {
	openaiCommon
	Messages            []chatMessage   `json:"messages"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	Logprobs            bool            `json:"logprobs"`
	TopLogprobs         int             `json:"top_logprobs"`
	Tools               []any           `json:"tools"`
	Functions           []any           `json:"functions"` // the older name of tools
	ResponseFormat      *responseFormat `json:"response_format"`
}

type responseFormat struct {
	Type string `json:"type"`
}

type chatMessage struct {
	Role    string   `json:"role"`
	Content contents `json:"content"`
}

// contents is a text, or parts that are texts.
type contents string

func (c *contents) UnmarshalJSON(b []byte) error {
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if json.Unmarshal(b, &parts) != nil {
		if json.Unmarshal(b, (*string)(c)) != nil {
			return bad("the content of a message is neither a text nor a list of parts")
		}
		return nil
	}
	var all strings.Builder
	for _, p := range parts {
		if p.Type != "text" {
			return bad("a part of a message is of type %.30q; only text is there", p.Type)
		}
		all.WriteString(p.Text)
	}
	*c = contents(all.String())
	return nil
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) error {
	var q chatRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if err := q.refuse(); err != nil {
		return err
	}
	if q.MaxTokens == nil {
		q.MaxTokens = q.MaxCompletionTokens
	}
	switch {
	case len(q.Messages) == 0:
		return bad("no messages")
	case len(q.Tools) > 0 || len(q.Functions) > 0:
		return bad("tools are not there")
	case q.TopLogprobs > 0 && !q.Logprobs:
		return bad("top_logprobs need logprobs")
	case q.ResponseFormat != nil && q.ResponseFormat.Type != "text" && q.ResponseFormat.Type != "":
		return bad("the response_format %.30q is not there", q.ResponseFormat.Type)
	}
	var turns []model.Message
	for _, m := range q.Messages {
		role := m.Role
		if role == "developer" { // OpenAI's newer name of it
			role = "system"
		}
		turns = append(turns, model.Message{Role: role, Content: string(m.Content)})
	}
	kind := "chat.completion"
	if q.Stream {
		kind += ".chunk"
	}
	begun := map[int]bool{}
	ask := q.wish()
	ask.alternatives = q.TopLogprobs
	return s.openai(w, r, openaiJob{
		openaiCommon: &q.openaiCommon, wish: ask, kind: kind, prefix: "chatcmpl-", logprobs: q.Logprobs,
		prompts: func(m *loaded) ([]engine.Prompt, error) {
			p, err := m.conversation(turns)
			return []engine.Prompt{p}, err
		},
		choice: func(p part) any {
			message := map[string]any{"content": p.text}
			if !begun[p.index] {
				begun[p.index] = true
				message["role"] = "assistant"
			}
			return chatChoice(p, message, q.Stream)
		},
	})
}

// openaiJob is a request of either kind.
type openaiJob struct {
	*openaiCommon
	wish
	kind, prefix string
	logprobs     bool
	prompts      func(*loaded) ([]engine.Prompt, error)
	choice       func(part) any
}

// part is a part of a choice, or all of it.
type part struct {
	index    int
	text     string
	finish   any // nil: there is more
	logprobs bool
	tokens   []engine.Token
	offset   int // of the text, in characters
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

type openaiAnswer struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	Model   string `json:"model"`
	Choices []any  `json:"choices"`
	Usage   *usage `json:"usage,omitempty"`
}

// openai answers, in one piece or as it comes.
func (s *Server) openai(w http.ResponseWriter, r *http.Request, j openaiJob) error {
	m, err := s.models.named(r.Context(), j.Model)
	if err != nil {
		return err
	}
	prompts, err := j.prompts(m)
	if err != nil {
		return err
	}
	requests, tokens, err := m.requests(j.wish, prompts)
	if err != nil {
		return err
	}
	a := openaiAnswer{ID: j.prefix + newID(), Object: j.kind, Created: time.Now().Unix(), Model: m.name}
	parts := make([]part, len(prompts)*j.n)
	used := usage{Prompt: tokens}
	count := func(p piece) *part {
		at := &parts[p.request*j.n+p.index]
		at.index, at.logprobs = p.request*j.n+p.index, j.logprobs
		if p.sample != nil {
			at.finish = finishReason(p.sample.Finish)
			used.Completion += p.sample.Tokens
		}
		return at
	}
	if !j.Stream {
		err := s.generate(r.Context(), m, requests, func(pieces []piece) error {
			for _, p := range pieces {
				at := count(p)
				at.text += p.text
				if j.logprobs {
					at.tokens = append(at.tokens, p.tokens...)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, p := range parts {
			a.Choices = append(a.Choices, j.choice(p))
		}
		used.Total = used.Prompt + used.Completion
		a.Usage = &used
		return writeJSON(w, http.StatusOK, a)
	}
	out := &eventStream{w: w}
	err = s.generate(r.Context(), m, requests, func(pieces []piece) error {
		for _, p := range pieces {
			at := count(p)
			at.text, at.tokens = p.text, p.tokens
			one := a
			one.Choices = []any{j.choice(*at)}
			at.offset += len([]rune(p.text))
			if err := out.send("", one); err != nil {
				return err
			}
		}
		return out.flush()
	})
	if err != nil {
		return out.fail(r, err, openaiForm)
	}
	if j.StreamOptions != nil && j.StreamOptions.IncludeUsage {
		used.Total = used.Prompt + used.Completion
		a.Choices, a.Usage = []any{}, &used
		if err := out.send("", a); err != nil {
			return err
		}
	}
	return out.done()
}

func finishReason(f engine.Finish) string {
	if f == engine.FinishLength || f == engine.FinishOverflow {
		return "length"
	}
	return "stop"
}

func newID() string {
	var b [12]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func completionChoice(p part) any {
	c := map[string]any{"index": p.index, "text": p.text, "finish_reason": p.finish, "logprobs": nil}
	if !p.logprobs {
		return c
	}
	tokens, values, offsets := []string{}, []float64{}, []int{}
	var tops []map[string]float64 // with the drawn one, which may be none of them
	at := p.offset
	for _, t := range p.tokens {
		word := valid(t.Text)
		tokens, values, offsets = append(tokens, word), append(values, t.LogProb), append(offsets, at)
		at += len([]rune(word))
		if len(t.Alternatives) > 0 {
			top := map[string]float64{}
			for _, o := range slices.Backward(t.Alternatives) { // of those that look alike, the most probable
				top[valid(o.Text)] = o.LogProb
			}
			top[word] = t.LogProb // but what was drawn is what token_logprobs has of it
			tops = append(tops, top)
		}
	}
	c["logprobs"] = map[string]any{"tokens": tokens, "token_logprobs": values, "text_offset": offsets, "top_logprobs": tops}
	return c
}

func chatChoice(p part, message map[string]any, stream bool) any {
	c := map[string]any{"index": p.index, "finish_reason": p.finish, "logprobs": nil}
	if stream {
		c["delta"] = message
	} else {
		message["refusal"] = nil
		c["message"] = message
	}
	if p.logprobs {
		content := []any{}
		for _, t := range p.tokens {
			one := chatToken(t.Text, t.LogProb)
			top := []any{}
			for _, o := range t.Alternatives {
				top = append(top, chatToken(o.Text, o.LogProb))
			}
			one["top_logprobs"] = top
			content = append(content, one)
		}
		c["logprobs"] = map[string]any{"content": content, "refusal": nil}
	}
	return c
}

// chatToken is a token as answers tell of it.
func chatToken(text string, logProb float64) map[string]any {
	return map[string]any{"token": valid(text), "logprob": logProb, "bytes": bytesOf(text)}
}

// openaiModel is how /v1/models tells of one.
type openaiModel struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	Context int    `json:"max_model_len,omitempty"` // vLLM's
}

// openaiModels lists the model without loading it.
func (s *Server) openaiModels(w http.ResponseWriter, _ *http.Request) error {
	list := []openaiModel{}
	if m := s.models.ready(); m != nil {
		list = append(list, modelOf(m))
	} else if name := s.config.Model; name != NoModel {
		list = append(list, openaiModel{ID: nameOf(name), Object: "model", OwnedBy: "coderm"})
	}
	return writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": list})
}

func (s *Server) openaiModel(w http.ResponseWriter, r *http.Request) error {
	m, err := s.models.named(r.Context(), r.PathValue("model"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, modelOf(m))
}

func modelOf(m *loaded) openaiModel {
	return openaiModel{ID: m.name, Object: "model", Created: m.changed.Unix(), OwnedBy: "coderm", Context: m.info.TrainContext}
}
