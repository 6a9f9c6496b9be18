package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coderm/engine"
	"coderm/internal/testkit"
	"coderm/weights/store"
)

// A server that is real: CODERM_SERVER is the command that starts it, with {port} and
// {model} in it (docs/servers.md). 500 completions are drawn from it, and again through a
// proxy that cuts, delays and refuses: none is lost, none is there twice, and where seeds
// hold they are the same.
func TestRealServer(t *testing.T) {
	command := os.Getenv("CODERM_SERVER")
	if command == "" {
		testkit.Skip(t, testkit.NoServer)
	}
	path, err := store.Resolve("")
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	at := "http://127.0.0.1:" + port
	start(t, strings.Fields(strings.NewReplacer("{port}", port, "{model}", path).Replace(command)))
	c := Config{Patience: 5 * time.Minute}
	for tries := 0; ; tries++ { // each waits for it some 15 seconds
		c.Addresses = []string{at}
		if err := c.Find(t.Context()); err == nil {
			break
		} else if tries == 20 {
			t.Fatal(err)
		}
	}
	proxy := newTroubled(t, at, 0.2)
	faulty := c
	faulty.Addresses = []string{strings.Replace(c.Addresses[0], at, proxy.URL, 1)}
	t.Logf("%s: %s at %s, %d at once", strings.Fields(command)[0], c.Model, c.Interface, c.Parallel)
	want := drawAll(t, opened(t, c))
	again := drawAll(t, opened(t, c))
	t.Cleanup(func() { t.Logf("%v met, of %d requests", proxy.met, proxy.asked) })
	got := drawAll(t, opened(t, faulty))
	t.Logf("the same as before: %d of %d without faults, %d with", same(want, again), len(want), same(want, got))
	if held := same(want, again); held == len(want) && same(want, got) != len(want) {
		t.Error("seeds hold without faults and not with them")
	}
}

// drawAll draws 50 completions of each of ten prompts, by prompt and index.
func drawAll(t *testing.T, m *Model) map[[2]int]string {
	t.Helper()
	var requests []engine.Request
	for p := range 10 {
		text := fmt.Sprintf("def f%d(a, b):\n    \"\"\"The sum of a, b and %d.\"\"\"\n    pass\n\n# check f%d\nassert f%d(", p, p, p, p)
		requests = append(requests, engine.Request{
			Prompt: engine.Prompt{Text: text}, N: 50, MaxTokens: 2, Seed: uint64(1000 * p), Sampling: engine.Sampling{Temperature: 0.8, TopP: 0.95},
		})
	}
	got, tokens := map[[2]int]string{}, 0
	err := m.Generate(t.Context(), slices.Values(requests), func(request int, s engine.Sample) error {
		at := [2]int{request, s.Index}
		if _, twice := got[at]; twice {
			t.Errorf("%v is there twice", at)
		}
		got[at] = s.Text
		tokens += s.Tokens
		return nil
	})
	if err != nil || len(got) != 500 {
		t.Fatalf("%d completions, %v", len(got), err)
	}
	t.Logf("%d completions, %d tokens", len(got), tokens)
	return got
}

func same(a, b map[[2]int]string) (n int) {
	for at, text := range a {
		if b[at] == text {
			n++
		}
	}
	return n
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// start runs a command until the test ends.
func start(t *testing.T, command []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("the server said:\n%s", said.String())
		}
	})
}

// troubled is a proxy that spoils a share of what passes it.
type troubled struct {
	*httptest.Server
	mu     sync.Mutex
	random *rand.Rand
	share  float64
	asked  int
	met    map[string]int
	spoilt map[string]int // by what is asked
}

func newTroubled(t *testing.T, at string, share float64) *troubled {
	target, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	p := &troubled{random: rand.New(rand.NewPCG(1, 2)), share: share, met: map[string]int{}, spoilt: map[string]int{}}
	pass := func(w http.ResponseWriter, r *http.Request, cut bool) {
		forward := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
		if cut {
			forward.ModifyResponse = func(a *http.Response) error {
				text, err := io.ReadAll(a.Body)
				a.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text[:len(text)/2]), brokenReader{}))
				return err
			}
		}
		forward.ServeHTTP(w, r)
	}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		switch p.next(string(body)) {
		case "cut before":
			panic(http.ErrAbortHandler)
		case "cut within":
			pass(w, r, true)
		case "429":
			w.Header().Set("Retry-After", "0.01")
			w.WriteHeader(http.StatusTooManyRequests)
		case "500":
			w.WriteHeader(http.StatusInternalServerError)
		case "delay":
			time.Sleep(50 * time.Millisecond)
			pass(w, r, false)
		default:
			pass(w, r, false)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// next is the trouble that the next request meets, "" for none: a request three times at
// most, as trouble does that passes.
func (p *troubled) next(request string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.random.Float64() >= p.share || p.spoilt[request] == 3 {
		return ""
	}
	p.spoilt[request]++
	kinds := []string{"cut before", "cut within", "429", "500", "delay"}
	kind := kinds[p.random.IntN(len(kinds))]
	p.met[kind]++
	return kind
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
