package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ollama/ollama/api"

	"coderm/engine"
	"coderm/model"
)

// Ollama's interface, https://docs.ollama.com/api, in the types of its own package.

// ollamaJob is a request of either kind.
type ollamaJob struct {
	model    string
	options  map[string]any
	stream   *bool
	logprobs bool
	top      int // alternatives of each token
	// prompt makes the prompt; nil: only the model is wanted.
	prompt func(*loaded) (engine.Prompt, error)
	// answer is a line: a piece of the text, or with sample the end.
	answer func(text string, at ollamaEnd) any
}

// ollamaEnd is what a line has beside its text.
type ollamaEnd struct {
	model    string
	created  time.Time
	done     bool
	reason   string
	logprobs []api.Logprob
	api.Metrics
}

func (s *Server) ollamaGenerate(w http.ResponseWriter, r *http.Request) error {
	var q api.GenerateRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	switch {
	case q.Suffix != "" || q.Template != "" || len(q.Images) > 0 || len(q.Context) > 0:
		return bad("suffix, template, images and context are not there")
	case len(q.Format) > 0 && string(q.Format) != `""` && string(q.Format) != "null":
		return bad("format is not there")
	}
	j := ollamaJob{model: q.Model, options: q.Options, stream: q.Stream, logprobs: q.Logprobs || q.TopLogprobs > 0, top: q.TopLogprobs}
	if q.Prompt != "" {
		j.prompt = func(m *loaded) (engine.Prompt, error) {
			if q.Raw || m.template == nil {
				return engine.Prompt{Text: q.System + q.Prompt}, nil
			}
			turns := []model.Message{{Role: "user", Content: q.Prompt}}
			if q.System != "" {
				turns = append([]model.Message{{Role: "system", Content: q.System}}, turns...)
			}
			return m.conversation(turns)
		}
	}
	j.answer = func(text string, at ollamaEnd) any {
		return api.GenerateResponse{
			Model: at.model, CreatedAt: at.created, Response: text, Done: at.done, DoneReason: at.reason, Metrics: at.Metrics, Logprobs: at.logprobs,
		}
	}
	return s.ollama(w, r, j)
}

func (s *Server) ollamaChat(w http.ResponseWriter, r *http.Request) error {
	var q api.ChatRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	var turns []model.Message
	for _, m := range q.Messages {
		if len(m.Images) > 0 || len(m.ToolCalls) > 0 {
			return bad("images and tool calls are not there")
		}
		turns = append(turns, model.Message{Role: m.Role, Content: m.Content})
	}
	switch {
	case len(q.Tools) > 0:
		return bad("tools are not there")
	case len(q.Format) > 0 && string(q.Format) != `""` && string(q.Format) != "null":
		return bad("format is not there")
	}
	j := ollamaJob{model: q.Model, options: q.Options, stream: q.Stream, logprobs: q.Logprobs || q.TopLogprobs > 0, top: q.TopLogprobs}
	if len(turns) > 0 {
		j.prompt = func(m *loaded) (engine.Prompt, error) { return m.conversation(turns) }
	}
	j.answer = func(text string, at ollamaEnd) any {
		return api.ChatResponse{
			Model: at.model, CreatedAt: at.created, Message: api.Message{Role: "assistant", Content: text},
			Done: at.done, DoneReason: at.reason, Metrics: at.Metrics, Logprobs: at.logprobs,
		}
	}
	return s.ollama(w, r, j)
}

// ollama answers, in one piece or a line a piece.
func (s *Server) ollama(w http.ResponseWriter, r *http.Request, j ollamaJob) error {
	began := time.Now()
	if j.model == "" {
		return bad("no model")
	}
	m, err := s.models.named(r.Context(), j.model)
	if err != nil {
		return err
	}
	end := ollamaEnd{model: j.model, created: time.Now().UTC(), done: true, Metrics: api.Metrics{LoadDuration: time.Since(began)}}
	if j.prompt == nil {
		end.reason = "load"
		return writeJSON(w, http.StatusOK, j.answer("", end))
	}
	prompt, err := j.prompt(m)
	if err != nil {
		return err
	}
	ask, err := ollamaWish(j.options)
	if err != nil {
		return err
	}
	ask.alternatives = j.top
	requests, tokens, err := m.requests(ask, []engine.Prompt{prompt})
	if err != nil {
		return err
	}
	streams := j.stream == nil || *j.stream
	out := &lineStream{w: w}
	var first time.Time
	var said strings.Builder
	var logprobs []api.Logprob
	err = s.generate(r.Context(), m, requests, func(pieces []piece) error {
		if first.IsZero() {
			first = time.Now()
		}
		for _, p := range pieces {
			var drawn []api.Logprob
			if j.logprobs {
				drawn = ollamaLogprobs(p.tokens)
			}
			if p.sample != nil {
				end.EvalCount, end.reason = p.sample.Tokens, finishReason(p.sample.Finish)
			}
			if !streams {
				said.WriteString(p.text)
				logprobs = append(logprobs, drawn...)
			} else if p.text != "" || len(drawn) > 0 {
				at := ollamaEnd{model: j.model, created: time.Now().UTC(), logprobs: drawn}
				if err := out.send(j.answer(p.text, at)); err != nil {
					return err
				}
			}
		}
		if streams {
			return out.flush()
		}
		return nil
	})
	if err != nil {
		return out.fail(r, err)
	}
	now := time.Now()
	end.created, end.logprobs = now.UTC(), logprobs
	end.PromptEvalCount, end.PromptEvalDuration = tokens, max(1, first.Sub(began)-end.LoadDuration)
	end.EvalDuration, end.TotalDuration = max(1, now.Sub(first)), now.Sub(began)
	if !streams {
		return writeJSON(w, http.StatusOK, j.answer(said.String(), end))
	}
	if err := out.send(j.answer("", end)); err != nil {
		return err
	}
	return out.flush()
}

// ollamaWish reads options, with Ollama's own defaults.
func ollamaWish(given map[string]any) (wish, error) {
	o := api.DefaultOptions()
	if err := o.FromMap(given); err != nil {
		return wish{}, bad("%w", err)
	}
	if o.PresencePenalty != 0 || o.FrequencyPenalty != 0 {
		return wish{}, bad("presence_penalty and frequency_penalty are not there; repeat_penalty is")
	}
	w := wish{n: 1, temperature: o.Temperature, topK: o.TopK, topP: o.TopP, minP: o.MinP, repeat: o.RepeatPenalty, stop: o.Stop}
	if w.topP == 0 {
		w.topP = 1
	}
	if _, said := given["seed"]; said && o.Seed >= 0 {
		seed := int64(o.Seed)
		w.seed = &seed
	}
	if o.NumPredict > 0 {
		w.maxTokens = &o.NumPredict
	}
	return w, nil
}

func ollamaLogprobs(tokens []engine.Token) (out []api.Logprob) {
	for _, t := range tokens {
		one := api.Logprob{TokenLogprob: ollamaToken(t.Text, t.LogProb)}
		for _, o := range t.Alternatives {
			one.TopLogprobs = append(one.TopLogprobs, ollamaToken(o.Text, o.LogProb))
		}
		out = append(out, one)
	}
	return out
}

func ollamaToken(text string, logProb float64) api.TokenLogprob {
	return api.TokenLogprob{Token: valid(text), Logprob: logProb, Bytes: bytesOf(text)}
}

// lineStream is an answer of a JSON value a line.
type lineStream struct {
	w     http.ResponseWriter
	begun bool
}

func (l *lineStream) send(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "application/x-ndjson")
	}
	_, err = l.w.Write(append(text, '\n'))
	return err
}

func (l *lineStream) flush() error { return http.NewResponseController(l.w).Flush() }

func (l *lineStream) fail(r *http.Request, err error) error {
	if l.begun && r.Context().Err() == nil {
		l.send(plainForm.body(failureOf(r, err)))
		l.flush()
	}
	return err
}

func (m *loaded) ollamaDetails() api.ModelDetails {
	return api.ModelDetails{
		Format: "gguf", Family: m.info.Architecture, Families: []string{m.info.Architecture},
		ParameterSize: parameterSize(m.info.Parameters), QuantizationLevel: strings.ToUpper(m.info.Quantization),
	}
}

func parameterSize(n uint64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%.1fB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.0fM", float64(n)/1e6)
}

func (s *Server) ollamaTags(w http.ResponseWriter, r *http.Request) error {
	list := api.ListResponse{Models: []api.ListModelResponse{}}
	if s.config.Model != NoModel {
		m, err := s.models.get(r.Context())
		if err != nil {
			return err
		}
		list.Models = append(list.Models, api.ListModelResponse{
			Name: m.name, Model: m.name, ModifiedAt: m.changed, Size: m.size, Digest: m.digest, Details: m.ollamaDetails(),
		})
	}
	return writeJSON(w, http.StatusOK, list)
}

func (s *Server) ollamaPs(w http.ResponseWriter, _ *http.Request) error {
	list := api.ProcessResponse{Models: []api.ProcessModelResponse{}}
	if m := s.models.ready(); m != nil {
		list.Models = append(list.Models, api.ProcessModelResponse{
			Name: m.name, Model: m.name, Size: m.size, Digest: m.digest, Details: m.ollamaDetails(), ContextLength: m.info.TrainContext,
			ExpiresAt: time.Now().AddDate(100, 0, 0), // Ollama's way to say that it stays
		})
	}
	return writeJSON(w, http.StatusOK, list)
}

func (s *Server) ollamaShow(w http.ResponseWriter, r *http.Request) error {
	var q api.ShowRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	m, err := s.models.named(r.Context(), q.Model)
	if err != nil {
		return err
	}
	a := m.info.Architecture
	return writeJSON(w, http.StatusOK, map[string]any{ // ShowResponse leaves out capabilities of a type that is internal to Ollama
		"template": m.engine.ChatTemplate(), "details": m.ollamaDetails(), "modified_at": m.changed, "capabilities": []string{"completion"},
		"model_info": map[string]any{
			"general.architecture": a, "general.basename": m.info.Name, "general.parameter_count": m.info.Parameters,
			a + ".context_length": m.info.TrainContext, a + ".embedding_length": m.info.Embedding, a + ".block_count": m.info.Layers,
		},
	})
}

// ollamaVersion is that of the interface: clients ask for it to know what there is.
func (s *Server) ollamaVersion(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]string{"version": "0.17.4"})
}
