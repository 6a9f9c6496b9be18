package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// guarded lets only requests through that may be for this server, and writes of all
// what came of them.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		out := &recorder{ResponseWriter: w, route: "refused"}
		s.metrics.inFlight.Add(1)
		defer func() {
			s.metrics.inFlight.Add(-1)
			fault := recover()
			if fault != nil && fault != http.ErrAbortHandler {
				out.failed = fmt.Errorf("panic: %v", fault)
				s.log.Error("a request ended in a panic", "path", r.URL.Path, "panic", fault, "stack", string(debug.Stack()))
				if out.status == 0 {
					plainForm.write(out, &failure{status: http.StatusInternalServerError, err: errors.New("a mistake in this program; its log says more")})
				}
			}
			s.account(r, out, time.Since(began))
			if fault != nil {
				panic(http.ErrAbortHandler)
			}
		}()
		if err := s.checkSender(r); err != nil {
			out.failed = err
			plainForm.write(out, failureOf(r, err))
			return
		}
		next.ServeHTTP(out, r)
	})
}

// account is the metrics and the log of a request that is over.
func (s *Server) account(r *http.Request, out *recorder, took time.Duration) {
	s.metrics.requests.WithLabelValues(out.route, fmt.Sprint(out.status)).Inc()
	s.metrics.duration.WithLabelValues(out.route).Observe(took.Seconds())
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", out.status),
		slog.Int64("bytes", out.bytes), slog.Duration("took", took), slog.String("from", r.RemoteAddr),
	}
	if out.failed != nil {
		attrs = append(attrs, slog.String("error", out.failed.Error()))
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}

// checkSender refuses what a web page of somebody else could have a browser send: a
// request under another name than this server's, or with another page's origin.
func (s *Server) checkSender(r *http.Request) error {
	if !s.isOwnName(r.Host) {
		return status(http.StatusMisdirectedRequest, fmt.Errorf("the Host %.200q is none of this server's names; --host adds one", r.Host))
	}
	site := r.Header.Get("Sec-Fetch-Site")
	foreign := site != "" && site != "same-origin" && site != "none"
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		foreign = foreign || err != nil || u.Host != r.Host
	}
	// A link on another page may lead to ours.
	if foreign && !(r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate") {
		return status(http.StatusForbidden, errors.New("a page of another origin may not call this server"))
	}
	return nil
}

// isOwnName tells whether a Host header may name this server. An address may: what
// a foreign page can have point here is a name.
func (s *Server) isOwnName(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") ||
		slices.ContainsFunc(s.config.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

// tokenCookie is where the page keeps the token: a browser sends no header with events
// and frames.
const tokenCookie = "coderm_token"

// checkToken compares digests, so that neither the token nor its length shows in
// the time it takes.
func (s *Server) checkToken(r *http.Request) error {
	if s.config.Token == "" {
		return nil
	}
	scheme, given, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	ok = ok && strings.EqualFold(scheme, "Bearer")
	if c, err := r.Cookie(tokenCookie); !ok && err == nil { // of our own page: others' requests are refused
		if text, err := url.QueryUnescape(c.Value); err == nil {
			given, ok = text, true
		}
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.config.Token))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 || !ok {
		return status(http.StatusUnauthorized, errors.New("this server wants its token: Authorization: Bearer TOKEN"))
	}
	return nil
}

// recorder is a ResponseWriter that remembers what was answered.
type recorder struct {
	http.ResponseWriter
	route  string
	status int // 0: nothing yet
	bytes  int64
	failed error
}

func (w *recorder) WriteHeader(code int) {
	if w.status == 0 {
		w.status = code
	}
	w.giveTime()
	w.ResponseWriter.WriteHeader(code)
}

// giveTime lets the client take so long over the next piece. The connection keeps
// the time of the answer before, which may be over.
func (w *recorder) giveTime() {
	http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTime))
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.giveTime()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
