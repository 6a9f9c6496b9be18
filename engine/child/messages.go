package child

import (
	"log/slog"

	"coderm/engine"
	"coderm/engine/llama"
)

// The two processes are one program, so gob, which needs no agreement on a format,
// does: texts stay what they are byte for byte, and numbers to the last bit.

// opening is the first message to the child, and opened the first from it that is
// no line of the log.
type opening struct {
	Config []byte // a llama.Config as JSON
	Level  slog.Level
	// OnlyGPU has the child give up if no layer would lie on a GPU.
	OnlyGPU bool
}

type opened struct {
	NoGPU        bool
	Info         llama.Info
	ChatTemplate string
}

// order is what the parent wants of one call, or answers it.
type order struct {
	Call    int
	Kind    orderKind
	Request engine.Request // of supply; its functions do not travel
	Hidden  bool           // of supply: whether it was set
	Drawn   bool           // likewise
	Prompt  engine.Prompt  // of embed
}

type orderKind int

const (
	generate  orderKind = iota // begin a call
	embed                      // another
	supply                     // here is the request you want
	exhausted                  // there is none
	accepted                   // go on after a token, a sample or a state
	cancel
)

// report is what the child tells: of a call, of opening the model, or of neither.
type report struct {
	Call   int
	Kind   reportKind
	Number int // of the request in this call
	Index  int // of the sample that Token is of
	Token  engine.Token
	Sample engine.Sample
	State  []float32
	Opened opened
	Failed *failure // of done, and of ready
	Log    logLine
}

type reportKind int

const (
	logged reportKind = iota
	ready             // the model is open, or not
	want              // the next request
	token
	sample
	hidden
	done
)

// failure is an error on its way out of the child.
type failure struct {
	Text     string
	Memory   bool           // a device's memory did not suffice
	Unserved map[int]string // engine.RequestErrors
}
