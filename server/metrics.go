package server

import (
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics tells, named by Prometheus's conventions.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by route and status
	duration *prometheus.HistogramVec // by route
	inFlight atomic.Int64
	verdicts *prometheus.CounterVec // of pairs and programs

	tokens     prometheus.Counter   // drawn
	firstToken prometheus.Histogram // from a request to its first token
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coderm_http_requests_total", Help: "Requests that are over, by route and status.",
		}, []string{"route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "coderm_http_request_duration_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"route"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coderm_sandbox_verdicts_total", Help: "Programs and pairs that were run, by verdict.",
		}, []string{"verdict"}),
		tokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coderm_generated_tokens_total", Help: "Tokens of completions that are over.",
		}),
		firstToken: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "coderm_first_token_seconds", Help: "Time from a request for completions to the first text of one.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 9),
		}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.verdicts, m.tokens, m.firstToken,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "coderm_http_requests_in_flight", Help: "Requests that are being answered or wait.",
		}, func() float64 { return float64(m.inFlight.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "coderm_queue_length", Help: "Requests that have a place in the queue.",
		}, func() float64 { return float64(len(s.queue)) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "coderm_queue_capacity", Help: "Places in the queue.",
		}, func() float64 { return float64(cap(s.queue)) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) answer(w http.ResponseWriter, r *http.Request) error {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}
