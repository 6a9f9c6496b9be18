package run

import (
	"context"
	"runtime/debug"
	"strings"
	"time"

	"coderm/journal"
)

// About is what a run's results are to be read with.
type About struct {
	Command string // that the latest process on the run was started by; "" where it was none
	Model   string // that wrote the tests, for people; "" for none
	Version string // of the program
	Date    string // when that process began
	// Selector is what the latest process chose by; "" where it chose none.
	Selector string
	Shards   []string // that were merged into it
	// Problems of the file, or of its shard, that the run is not of.
	LeftOut  int
	Settings journal.Fingerprint // as recorded, also those that this program does not know
}

// The names under which a journal has it.
const (
	aboutCommand = "command"
	aboutModel   = "model"
	aboutVersion = "version"
	aboutDate    = "date"
	aboutChoice  = "selector"
	aboutShards  = "shards" // with spaces between
)

// DateForm is how people are told of a time.
const DateForm = "2 January 2006, 15:04 MST"

// Version is that of this program; "" where it is not known.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok { // there is none without modules
		return info.Main.Version
	}
	return ""
}

// tellAbout has the journal say what makes the run now.
func (r *Run) tellAbout(ctx context.Context) error {
	return tellAbout(ctx, r.journal, About{Command: r.env.Command, Model: r.modelName, Selector: r.selector.String()})
}

// tellAbout records the command, the model and the selector, and which program this
// is and when.
func tellAbout(ctx context.Context, j *journal.Journal, a About) error {
	about := map[string]string{
		aboutCommand: a.Command, aboutModel: a.Model, aboutVersion: Version(), aboutDate: time.Now().Format(DateForm), aboutChoice: a.Selector,
		aboutShards: strings.Join(a.Shards, " "),
	}
	for name, value := range about {
		if value == "" {
			delete(about, name)
		}
	}
	return j.SetAbout(ctx, about)
}

// About tells of the run.
func (r *Run) About(ctx context.Context) (About, error) { return aboutOf(ctx, r.journal) }

func aboutOf(ctx context.Context, j *journal.Journal) (a About, err error) {
	if a.Settings, err = j.Meta(ctx); err != nil {
		return a, err
	}
	if _, a.LeftOut, err = j.Problems(ctx); err != nil {
		return a, err
	}
	said, err := j.About(ctx)
	a.Command, a.Model, a.Version, a.Date, a.Selector = said[aboutCommand], said[aboutModel], said[aboutVersion], said[aboutDate], said[aboutChoice]
	a.Shards = strings.Fields(said[aboutShards])
	return a, err
}
