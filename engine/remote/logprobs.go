package remote

import "encoding/json"

// logprob is a token with its log probability.
type logprob struct {
	Logprob *float64 `json:"logprob"`
}

// value is 0 where the server knows none, such as that of a token it had not
// among its candidates.
func (p logprob) value() float64 {
	if p.Logprob == nil {
		return 0
	}
	return *p.Logprob
}

// logprobs is the sum over a completion's tokens, in whichever form it came:
// OpenAI's for completions (token_logprobs), or the one of its chat interface,
// which llama-server has for both. It costs no completion when it is odd.
type logprobs float64

func (l *logprobs) UnmarshalJSON(data []byte) error {
	var o struct {
		Tokens  []*float64 `json:"token_logprobs"`
		Content []logprob  `json:"content"`
	}
	if json.Unmarshal(data, &o) != nil {
		return nil
	}
	for _, p := range o.Tokens {
		*l += logprobs(logprob{p}.value())
	}
	for _, p := range o.Content {
		*l += logprobs(p.value())
	}
	return nil
}
