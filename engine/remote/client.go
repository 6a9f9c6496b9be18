package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// client asks for JSON within the time limits.
type client struct {
	http             *http.Client
	key              string // sent as a bearer token, if any
	timeout, silence time.Duration
}

// answerLimit bounds what is read of an answer: more than any completion has.
const answerLimit = 64 << 20

var (
	errTimeout = errors.New("the answer took too long")
	errSilence = errors.New("the server fell silent")
)

// post sends a request and has its answer read. Every error is a failure, but
// for those of ctx.
func (c *client) post(ctx context.Context, address string, body any, read func(contentType string, r io.Reader) error) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, address, data, read)
}

// get reads JSON from an address into v.
func (c *client) get(ctx context.Context, address string, v any) error {
	return c.do(ctx, http.MethodGet, address, nil, func(_ string, r io.Reader) error {
		if err := json.NewDecoder(r).Decode(v); err != nil {
			return failed(refused, "%s answers no JSON: %w", address, err)
		}
		return nil
	})
}

func (c *client) do(ctx context.Context, method, address string, data []byte, read func(contentType string, r io.Reader) error) error {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := time.AfterFunc(c.timeout, func() { cancel(fmt.Errorf("%w: more than %s (--server-timeout)", errTimeout, c.timeout)) })
	defer limit.Stop()
	quiet := time.AfterFunc(c.silence, func() { cancel(fmt.Errorf("%w: nothing in %s (--server-silence)", errSilence, c.silence)) })
	defer quiet.Stop()

	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(data))
	if err != nil {
		return &failure{err: err, kind: lasting}
	}
	req.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(c.key))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.broken(outer, ctx, req.URL, err)
	}
	defer resp.Body.Close()
	answer := &watched{io.LimitReader(resp.Body, answerLimit), quiet, c.silence, nil}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer, 64<<10)) // the status says enough without
		return statusFailure(resp, text)
	}
	err = read(resp.Header.Get("Content-Type"), answer)
	if answer.err != nil { // what read makes of half an answer is no matter
		return c.broken(outer, ctx, req.URL, answer.err)
	}
	return err
}

// watched is an answer's body that remembers why it broke off and puts the end
// of patience with silence off while it comes.
type watched struct {
	io.Reader
	quiet   *time.Timer
	silence time.Duration
	err     error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.quiet.Reset(w.silence)
	}
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

// broken classifies an error of the connection.
func (c *client) broken(outer, inner context.Context, at *url.URL, err error) error {
	if outer.Err() != nil {
		return context.Cause(outer)
	}
	if cause := context.Cause(inner); cause != nil {
		return &failure{err: cause, kind: slow}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	f := &failure{err: fmt.Errorf("the connection to %s broke off: %w", at.Host, err), kind: passing}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errRedirect), errors.Is(err, errCircle), errors.Is(err, http.ErrSchemeMismatch):
		f.err, f.kind = err, lasting
	case errors.As(err, &name) && name.IsNotFound, errors.As(err, &certificate):
		f.err, f.kind = fmt.Errorf("no connection to %s: %w", at.Host, err), lasting
	}
	return f
}

var errRedirect = errors.New("the server redirects requests so that they lose their content; give the address it names")

var errCircle = errors.New("the server redirects requests again and again")

// keepPosting follows redirections that leave a request as it is.
func keepPosting(req *http.Request, via []*http.Request) error {
	switch {
	case req.Method != via[0].Method:
		return fmt.Errorf("%w, %s", errRedirect, req.URL)
	case len(via) > 5:
		return fmt.Errorf("%w, last to %s", errCircle, req.URL)
	}
	return nil
}

// Status codes by what may help. Other codes of 500 and more pass; those below
// are about the request.
var (
	busyCodes    = []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, 529}
	passingCodes = []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly}
	lastingCodes = []int{
		http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired, http.StatusGone, http.StatusNotImplemented, http.StatusHTTPVersionNotSupported,
	}
)

func kindOf(code int) kind {
	switch {
	case slices.Contains(busyCodes, code):
		return busy
	case slices.Contains(lastingCodes, code):
		return lasting
	case slices.Contains(passingCodes, code), code >= 500:
		return passing
	}
	return refused
}

// statusFailure is an answer with another status than 200.
func statusFailure(resp *http.Response, body []byte) error {
	text := strings.TrimSpace(resp.Status)
	if why := said(body); why != "" {
		text += ": " + why
	}
	f := &failure{err: errors.New(text), kind: kindOf(resp.StatusCode), after: retryAfter(resp.Header.Get("Retry-After"))}
	switch {
	case f.kind == lasting:
		f.err = fmt.Errorf("%s answers %s", resp.Request.URL.Redacted(), text)
	case bytes.Contains(body, []byte("insufficient_quota")): // OpenAI's 429 that no pause helps against
		f.kind = lasting
	}
	return f
}

// retryAfter reads the header: seconds, or a date. 0 stands for none.
func retryAfter(value string) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		const most = 1 << 30 // 34 years, and no overflow
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds, most) * float64(time.Second))
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
