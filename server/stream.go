package server

import (
	"encoding/json"
	"net/http"
)

// eventStream is an answer of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
type eventStream struct {
	w     http.ResponseWriter
	begun bool
}

// send writes an event's data; flush sends it off.
func (e *eventStream) send(event string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return e.write(event, text)
}

func (e *eventStream) write(event string, data []byte) error {
	if !e.begun {
		e.begun = true
		h := e.w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Accel-Buffering", "no")
	}
	var all []byte
	if event != "" {
		all = append(append(append(all, "event: "...), event...), '\n')
	}
	all = append(append(append(all, "data: "...), data...), "\n\n"...)
	_, err := e.w.Write(all)
	return err
}

func (e *eventStream) flush() error { return http.NewResponseController(e.w).Flush() }

// done ends the stream as OpenAI does.
func (e *eventStream) done() error {
	if err := e.write("", []byte("[DONE]")); err != nil {
		return err
	}
	return e.flush()
}

// fail tells of an error: as an answer of its own, or in the stream that has begun.
func (e *eventStream) fail(r *http.Request, err error, in form) error {
	if e.begun && r.Context().Err() == nil {
		e.send("", in.body(failureOf(r, err))) // a client that has gone hears nothing
		e.flush()
	}
	return err
}
