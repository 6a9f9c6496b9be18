package run

import (
	"context"
	"log/slog"

	"coderm/engine/child"
	"coderm/engine/llama"
	"coderm/sandbox"
)

// Event is something that whoever watches a run may want to know at once.
type Event struct {
	Kind    Kind     `json:"event"`
	Text    string   `json:"text,omitempty"`    // of Note and Waiting
	Pause   Duration `json:"pause,omitempty"`   // of Waiting: until the next try
	Outcome *Outcome `json:"outcome,omitempty"` // of Finished
}

// Kind is what an event tells.
type Kind string

// The kinds of events.
const (
	Note     Kind = "note"     // about the run, for people
	Waiting  Kind = "waiting"  // the server fails and is asked again after a pause
	Finished Kind = "finished" // a problem has its result, in the order they finish
)

// Env is what a run has of the process it runs in.
type Env struct {
	Log *slog.Logger
	Key string // for a server that wants one
	// Command is what the process was started by, for people to read; "" for none.
	Command string
	// Sandbox, if there is one, runs the tests instead of one of the run's own where it
	// isolates as the spec says. The run does not close it.
	Sandbox *sandbox.Sandbox
	// OpenModel opens the writer's model; nil: child.Open.
	OpenModel func(context.Context, llama.Config, child.Process) (child.Local, error)
	// Stop, when it is closed, has the run finish what it has begun and begin nothing
	// more; nil: never.
	Stop <-chan struct{}
	// Watch takes the events, if it is set. It is called by one goroutine at a time
	// for Finished and by any for the others, and must not wait long.
	Watch func(Event)
}

func (e Env) tell(v Event) {
	if e.Watch != nil {
		e.Watch(v)
	}
}
