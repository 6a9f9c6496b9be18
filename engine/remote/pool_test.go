package remote

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coderm/engine"
)

// faulty is a server that meets a share of its requests with trouble of every kind that
// passes, and answers the others by seed and prompt.
func faulty(t *testing.T, share float64, asked *atomic.Int64) *httptest.Server {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Prompt string
			Seed   int
		}
		read(t, r.Body, &q)
		asked.Add(1)
		answer := fmt.Sprintf(`{"choices":[{"text":"%d of %s","finish_reason":"stop"}],"usage":{"completion_tokens":2}}`, q.Seed, q.Prompt)
		mu.Lock()
		trouble := -1
		if random.Float64() < share {
			trouble = random.IntN(7)
		}
		mu.Unlock()
		switch trouble {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			io.WriteString(w, answer[:len(answer)/2])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case 2:
			w.Header().Set("Retry-After", "0.01")
			w.WriteHeader(http.StatusTooManyRequests)
		case 3:
			w.WriteHeader(http.StatusInternalServerError)
		case 4:
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "<html>bad gateway</html>")
		case 5:
			time.Sleep(20 * time.Millisecond)
			io.WriteString(w, answer)
		case 6:
			io.WriteString(w, `{"error":{"message":"overloaded"}}`)
		default:
			io.WriteString(w, answer)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// 500 completions of servers that fail at a fifth of what they are asked: none is
// lost, none is there twice, and each is what it would have been without.
func TestFaults(t *testing.T) {
	var asked [2]atomic.Int64
	one, other := faulty(t, 0.2, &asked[0]), faulty(t, 0.2, &asked[1])
	m := opened(t, Config{Interface: OpenAIAPI, Addresses: []string{one.URL, other.URL}, Model: "m", Parallel: 4})
	var requests []engine.Request
	for p := range 10 {
		requests = append(requests, engine.Request{Prompt: engine.Prompt{Text: fmt.Sprint("p", p)}, N: 50, MaxTokens: 7, Seed: uint64(1000 * p)})
	}
	got := map[string]bool{}
	err := m.Generate(t.Context(), slices.Values(requests), func(request int, s engine.Sample) error {
		want := fmt.Sprintf("%d of p%d", 1000*request+s.Index, request)
		if s.Text != want || got[want] {
			t.Errorf("got %q, want %q, once", s.Text, want)
		}
		got[want] = true
		return nil
	})
	if err != nil || len(got) != 500 {
		t.Errorf("%d samples, %v", len(got), err)
	}
	if a, b := asked[0].Load(), asked[1].Load(); a < 100 || b < 100 {
		t.Errorf("the servers were asked %d and %d times", a, b)
	}
}

// A server that is gone, or has not the model, costs nothing where there is another.
func TestOneOfTwoIsGone(t *testing.T) {
	var asked atomic.Int64
	well := faulty(t, 0, &asked)
	without := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error":{"message":"the model m does not exist"}}`)
	}))
	defer without.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, bad := range []string{without.URL, gone.URL} {
		m := opened(t, Config{Interface: OpenAIAPI, Addresses: []string{bad, well.URL}, Model: "m", Parallel: 2})
		if n, err := draw(t.Context(), m, 20, "x", "y"); err != nil || n != 40 {
			t.Errorf("%s: %d samples, %v", bad, n, err)
		}
	}
	m := opened(t, Config{Interface: OpenAIAPI, Addresses: []string{without.URL, without.URL}, Model: "m", Parallel: 2})
	if _, err := draw(t.Context(), m, 20, "x"); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("none has the model: %v", err)
	}
}

// The samples of a prompt stay at one server while it has room.
func TestPromptsStayTogether(t *testing.T) {
	p := newPool([]server{&ollama{}, &ollama{}}, 4)
	first := p.take(nil, 2)
	if p.take(first, 2) != first {
		t.Error("the second half goes elsewhere")
	}
	if other := p.take(first, 1); other == first {
		t.Error("a server has more than its part")
	}
	if p.give(first, 2, failed(busy, "wait")); p.take(first, 1) == first {
		t.Error("a server that failed is asked again at once")
	}
}
