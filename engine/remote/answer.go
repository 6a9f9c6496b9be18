package remote

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"coderm/internal/jsonl"
)

// apiError is what servers put under "error": a text, or an object with a
// message and perhaps a status code.
type apiError struct {
	message string // empty where there is no error after all
	code    int    // 0 for none
}

func (e *apiError) UnmarshalJSON(data []byte) error {
	if slices.Contains(noError, string(data)) {
		return nil
	}
	if json.Unmarshal(data, &e.message) == nil {
		return nil
	}
	var o struct {
		Message string          `json:"message"`
		Code    json.RawMessage `json:"code"`
		Status  json.RawMessage `json:"status"`
	}
	if json.Unmarshal(data, &o) != nil || o.Message == "" {
		e.message = string(data)
		return nil
	}
	e.message = o.Message
	for _, code := range []json.RawMessage{o.Code, o.Status} {
		if n, err := strconv.Atoi(strings.Trim(string(code), `"`)); err == nil && e.code == 0 {
			e.code = n
		}
	}
	return nil
}

// noError is what some servers put there when all is well.
var noError = []string{"false", "0", "{}", "[]"}

// failure is an error that came in a good answer's place: it passes, unless it
// names a status that says otherwise.
func (e *apiError) failure() error {
	k := passing
	if e.code >= 400 && e.code < 600 {
		k = kindOf(e.code)
	}
	return failed(k, "the server's answer is an error: %s", oneLine(e.message))
}

// noCompletion is the failure of an answer that is not what the interface says:
// it passes if it is half of one, or a page that some proxy shows.
func noCompletion(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
		return failed(passing, "the answer is empty")
	case bytes.HasSuffix(data, []byte("}")):
		return failed(refused, "the answer is no completion: %s", said(data))
	}
	return failed(passing, "the answer is no completion: %s", said(data))
}

var tags = regexp.MustCompile(`(?is)<(style|script)\b.*?</(style|script)>|<[^>]*>`)

// said is what the body of a bad answer says, on one line.
func said(body []byte) string {
	var o struct {
		Error   *apiError       `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"` // FastAPI's: a text or a list
	}
	if json.Unmarshal(body, &o) == nil {
		switch {
		case o.Error != nil && o.Error.message != "":
			return oneLine(o.Error.message)
		case o.Message != "":
			return oneLine(o.Message)
		case len(o.Detail) > 0:
			return oneLine(string(o.Detail))
		}
	}
	const enough = 16 << 10 // of a page
	return oneLine(tags.ReplaceAllString(string(body[:min(len(body), enough)]), " "))
}

// oneLine puts a text on one line of a readable length.
func oneLine(text string) string {
	const most = 300
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}

var byteOrderMark = []byte("\ufeff")

// strict makes JSON of what Python's json and others write: numbers that are
// none (NaN, Infinity) become null.
func strict(data []byte) []byte {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if json.Valid(data) {
		return data
	}
	return jsonl.ReplaceNonFinite(data, func(string) string { return "null" })
}

// tokenCount is a number of tokens, which some servers write as 2.0 or leave
// out; what is no count is 0.
type tokenCount int

func (n *tokenCount) UnmarshalJSON(data []byte) error {
	if x, err := strconv.ParseFloat(string(data), 64); err == nil && x >= 0 && x < math.MaxInt32 {
		*n = tokenCount(x)
	}
	return nil
}
