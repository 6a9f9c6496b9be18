-- One fact a row. Work that an interruption cut off is done again and replaces a
-- row by its equal; only a choice changes, when the run is resumed with another
-- selector. problem is the position in the problems file; solution is the
-- position among the problem's solutions. A test is named by where it comes from:
-- origin is generated, public or observed; generation is the index of the sample it
-- was read from (or the given test's), 0 for public ones; of an observed call it is 0
-- where a test makes the call, 1 where it is one of those with other arguments.
CREATE TABLE IF NOT EXISTS meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the latest process on the run says of itself, for people: nothing is bound to it.
CREATE TABLE IF NOT EXISTS about (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS problem (
  problem INTEGER PRIMARY KEY,
  json TEXT NOT NULL,
  left_out INTEGER NOT NULL DEFAULT 0 -- 1: by the latest run; what is known of it stays
) STRICT;

CREATE TABLE IF NOT EXISTS solution (
  problem INTEGER NOT NULL,
  solution INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, solution)
) STRICT, WITHOUT ROWID;

-- What the model is shown in place of the candidates, if that was given in a file.
CREATE TABLE IF NOT EXISTS shown (
  problem INTEGER NOT NULL,
  solution INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, solution)
) STRICT, WITHOUT ROWID;

-- What decides whether a solution is right, if it was given in a file.
CREATE TABLE IF NOT EXISTS hidden_test (
  problem INTEGER NOT NULL,
  test INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, test)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sample (
  problem INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  finish TEXT NOT NULL,
  logprob REAL NOT NULL,
  shape TEXT NOT NULL,
  model TEXT NOT NULL,
  prompt_solution INTEGER NOT NULL, -- -1: the prompt showed none
  completion TEXT NOT NULL,
  dropped TEXT NOT NULL,            -- why it gave no test; '' when it did
  cut TEXT NOT NULL DEFAULT '',     -- JSON, the lines of it in no test; '' when there are none
  PRIMARY KEY (problem, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS test (
  problem INTEGER NOT NULL,
  origin TEXT NOT NULL,
  generation INTEGER NOT NULL,
  part INTEGER NOT NULL,            -- several asserts of one sample
  kind TEXT NOT NULL,               -- unittest, assert, stdio, call
  code TEXT NOT NULL,               -- of a unittest or an assert; '' for others
  input TEXT NOT NULL,              -- of a stdio or a call; '' for others
  expected TEXT NOT NULL,           -- of a stdio
  compare TEXT NOT NULL,            -- of a stdio: '' by lines
  PRIMARY KEY (problem, origin, generation, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS verdict (
  problem INTEGER NOT NULL,
  origin TEXT NOT NULL,
  generation INTEGER NOT NULL,
  part INTEGER NOT NULL,
  solution INTEGER NOT NULL,        -- the first solution with this text
  kind TEXT NOT NULL,               -- slow: out of a first fuel, and not run with all of it
  tests_run INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  fuel INTEGER NOT NULL,
  detail TEXT NOT NULL,
  broken INTEGER NOT NULL,          -- 1: the solution itself did not load
  methods TEXT NOT NULL,            -- JSON, '' when there is only one
  PRIMARY KEY (problem, origin, generation, part, solution)
) STRICT, WITHOUT ROWID;

-- What a solution made of an observed call, which is a test of that origin.
CREATE TABLE IF NOT EXISTS observation (
  problem INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  part INTEGER NOT NULL,
  solution INTEGER NOT NULL,        -- the first solution with this text
  ending TEXT NOT NULL,             -- returned, raised, timeout or not_loaded
  digest BLOB NOT NULL,             -- 16 bytes: equal ones are equal values
  text TEXT NOT NULL,               -- for people
  PRIMARY KEY (problem, generation, part, solution)
) STRICT, WITHOUT ROWID;

-- The generations of tests whose calls are known, those that make none too.
CREATE TABLE IF NOT EXISTS watched (
  problem INTEGER NOT NULL,
  origin TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (problem, origin, generation)
) STRICT, WITHOUT ROWID;

-- Which observed calls (by part, of those that tests make) a test makes that is no
-- assert: an assert's text says it.
CREATE TABLE IF NOT EXISTS made (
  problem INTEGER NOT NULL,
  origin TEXT NOT NULL,
  generation INTEGER NOT NULL,
  part INTEGER NOT NULL,
  method TEXT NOT NULL,             -- '' outside of any
  call INTEGER NOT NULL,
  PRIMARY KEY (problem, origin, generation, part, method, call)
) STRICT, WITHOUT ROWID;

-- Which solutions are right, by the hidden tests that were run last.
CREATE TABLE IF NOT EXISTS truth (
  problem INTEGER NOT NULL,
  solution INTEGER NOT NULL,
  kind TEXT NOT NULL,
  why TEXT NOT NULL DEFAULT '',     -- JSON, why it is wrong; '' when that is not known
  PRIMARY KEY (problem, solution)
) STRICT, WITHOUT ROWID;

-- What hidden tests have said of solutions, whoever asked. checks is a digest of all
-- that decides it: the tests, their limits, the guest.
CREATE TABLE IF NOT EXISTS judgement (
  problem INTEGER NOT NULL,
  checks BLOB NOT NULL,
  solution INTEGER NOT NULL,        -- the first solution with this text
  kind TEXT NOT NULL,
  why TEXT NOT NULL,                -- as in truth
  PRIMARY KEY (problem, checks, solution)
) STRICT, WITHOUT ROWID;

-- What a problem's reference solution and its mutants have said of the tests. checks is a
-- digest of all that decides it.
CREATE TABLE IF NOT EXISTS measured (
  problem INTEGER NOT NULL,
  checks BLOB NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, checks)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hidden (
  problem INTEGER PRIMARY KEY,
  state BLOB NOT NULL               -- float32, little endian
) STRICT;

CREATE TABLE IF NOT EXISTS choice (
  problem INTEGER PRIMARY KEY,
  solution INTEGER NOT NULL,
  score REAL NOT NULL,
  tied INTEGER NOT NULL,
  selector TEXT NOT NULL
) STRICT;

-- The problems that a run was done with, and when first, in seconds since 1970.
CREATE TABLE IF NOT EXISTS finished (
  problem INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;

-- What the latest run on the folder could not do for a problem, and why.
CREATE TABLE IF NOT EXISTS note (
  problem INTEGER NOT NULL,
  name TEXT NOT NULL,               -- unfilled, unjudged, infra, ungenerated or uncompared
  text TEXT NOT NULL,
  PRIMARY KEY (problem, name)
) STRICT, WITHOUT ROWID;
