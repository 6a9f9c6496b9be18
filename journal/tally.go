package journal

import (
	"context"
	"fmt"
	"time"
)

// Tally counts how far a run is.
type Tally struct {
	Problems int // that it is of
	Finished int // of them
	Lacking  int // of those: something could not be done, as their notes say
	// Recent problems were finished in the time Over, at most an hour, before the last
	// that was. By the clocks of who finished them.
	Recent int
	Over   time.Duration
}

// Tally counts how far the run is, while it goes on or after.
func (j *Journal) Tally(ctx context.Context) (t Tally, err error) {
	var over int64
	err = j.db.QueryRowContext(ctx, `WITH mine AS (SELECT problem FROM problem WHERE NOT left_out),
		done AS (SELECT problem, at FROM finished WHERE problem IN mine),
		recent AS (SELECT at FROM done WHERE at > (SELECT max(at) FROM done) - 3600)
		SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM done),
		  (SELECT count(DISTINCT problem) FROM note WHERE problem IN (SELECT problem FROM done)),
		  (SELECT count(*) FROM recent), (SELECT coalesce(max(at) - min(at), 0) FROM recent)`).Scan(&t.Problems, &t.Finished, &t.Lacking, &t.Recent, &over)
	if err != nil {
		return t, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	t.Over = time.Duration(over) * time.Second
	return t, nil
}

// PerHour is how many problems are finished in an hour at the recent rate; 0 where too
// few were to tell.
func (t Tally) PerHour() float64 {
	if t.Recent < 2 || t.Over <= 0 {
		return 0
	}
	return float64(t.Recent-1) / t.Over.Hours() // the first one took its time before
}
