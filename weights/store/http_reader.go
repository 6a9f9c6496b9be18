package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"coderm/weights/chunk"
)

// Patience with an address: a read that makes no progress stallTimeout long is
// given up, and one that failed is continued where it stopped, up to
// maxAttempts times in a row without a byte of progress.
const (
	stallTimeout = time.Minute
	maxAttempts  = 5
	retryDelay   = 500 * time.Millisecond // doubles each time
)

// remote is random access to a file behind an address, by Range requests. Its
// content must not change meanwhile: every answer has to carry the validator
// of the first.
type remote struct {
	ctx       context.Context // of the whole pull: io.ReaderAt has no room for one
	client    *http.Client
	url       string
	size      int64
	validator string // strong ETag or Last-Modified; "" when the server sends none
}

// openRemote asks for the file's size by its first byte.
func openRemote(ctx context.Context, client *http.Client, url string) (*remote, error) {
	r := &remote{ctx: ctx, client: client, url: url}
	resp, err := r.get(ctx, 0, 1)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		return nil, fmt.Errorf("%s: the server does not serve parts of files (%s); fetch it with another program and give the file to --from", url, resp.Status)
	}
	_, total, ok := strings.Cut(resp.Header.Get("Content-Range"), "/")
	if r.size, err = strconv.ParseInt(total, 10, 64); !ok || err != nil || r.size < 1 {
		return nil, fmt.Errorf("%s: bad Content-Range %q", url, resp.Header.Get("Content-Range"))
	}
	r.validator = validator(resp.Header)
	return r, nil
}

func validator(h http.Header) string {
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		return tag
	}
	return h.Get("Last-Modified")
}

// get requests n bytes from off; what is no success is an error.
func (r *remote) get(ctx context.Context, off, n int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+n-1))
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusPartialContent && resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, &statusError{r.url, resp.Status, resp.StatusCode}
	}
	return resp, nil
}

// statusError is an answer that is not the file.
type statusError struct {
	url, status string
	code        int
}

func (e *statusError) Error() string { return e.url + ": " + e.status }

// temporary tells whether asking again can help.
func temporary(err error) bool {
	var s *statusError
	if errors.As(err, &s) {
		return s.code >= 500 || s.code == http.StatusTooManyRequests || s.code == http.StatusRequestTimeout
	}
	return !errors.Is(err, errChanged)
}

var errChanged = errors.New("the file behind the address has changed; pull again")

// Size is the file's size in bytes.
func (r *remote) Size() int64 { return r.size }

// Close is there for chunk.ReaderAtCloser; there is nothing to close.
func (r *remote) Close() error { return nil }

// ReadAt reads len(b) bytes, continuing after cut-off answers.
func (r *remote) ReadAt(b []byte, off int64) (int, error) {
	if off >= r.size {
		return 0, io.EOF
	}
	want := int(min(int64(len(b)), r.size-off))
	done, attempt := 0, 0
	for done < want {
		n, err := r.readOnce(b[done:want], off+int64(done))
		done += n
		if done == want {
			break
		}
		if n > 0 && temporary(err) {
			attempt = 0 // it goes on: no reason to wait
			continue
		}
		if attempt++; attempt >= maxAttempts || !temporary(err) {
			return done, fmt.Errorf("%s: %w", r.url, err)
		}
		select {
		case <-r.ctx.Done():
			return done, r.ctx.Err()
		case <-time.After(retryDelay << (attempt - 1)):
		}
	}
	if want < len(b) {
		return done, io.EOF
	}
	return done, nil
}

// readOnce makes one request and reads as far as it gets.
func (r *remote) readOnce(b []byte, off int64) (int, error) {
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	stall := time.AfterFunc(stallTimeout, func() { cancel(errors.New("no data for a minute")) })
	defer stall.Stop()
	resp, err := r.get(ctx, off, int64(len(b)))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent || validator(resp.Header) != r.validator {
		return 0, errChanged
	}
	done := 0
	for done < len(b) {
		n, err := resp.Body.Read(b[done:])
		done += n
		stall.Reset(stallTimeout)
		if done == len(b) {
			return done, nil
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return done, err
		}
	}
	return done, nil
}

// fetchSmall reads a whole small file.
func fetchSmall(ctx context.Context, client *http.Client, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, &statusError{url, resp.Status, resp.StatusCode}
	}
	return resp.Body, nil
}

// httpFolder offers an address with manifest.json and the files it lists, as
// 'coderm model unpack' makes them and any web server serves them.
type httpFolder struct {
	client *http.Client
	base   string // with a slash at its end
	m      *chunk.Manifest
}

func openHTTPFolder(ctx context.Context, client *http.Client, base string) (*httpFolder, error) {
	body, err := fetchSmall(ctx, client, base+chunk.ManifestName)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	m, err := chunk.Parse(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", base+chunk.ManifestName, err)
	}
	return &httpFolder{client, base, m}, nil
}

func (h *httpFolder) Manifest(context.Context) (*chunk.Manifest, error) { return h.m, nil }
func (h *httpFolder) Close() error                                      { return nil }

func (h *httpFolder) Open(ctx context.Context, f *chunk.File) (chunk.ReaderAtCloser, error) {
	r, err := openRemote(ctx, h.client, h.base+f.Name)
	if err != nil {
		return nil, err
	}
	if r.Size() != f.Bytes {
		return nil, fmt.Errorf("%s has %d bytes, the manifest says %d", r.url, r.Size(), f.Bytes)
	}
	return r, nil
}
