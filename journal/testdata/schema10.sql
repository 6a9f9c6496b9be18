-- A run of schema 10, as 'rerank --truth' writes it.
PRAGMA application_id = 1668244594;
PRAGMA user_version = 10;
CREATE TABLE about (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO about VALUES('version','(devel)');
CREATE TABLE choice (
  problem INTEGER PRIMARY KEY,
  solution INTEGER NOT NULL,
  score REAL NOT NULL,
  tied INTEGER NOT NULL,
  selector TEXT NOT NULL
) STRICT;
INSERT INTO "choice" VALUES(0,0,-2.554128119,1,'auto+public');
CREATE TABLE finished (
  problem INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;
INSERT INTO "finished" VALUES(0,1795000000);
CREATE TABLE hidden (
  problem INTEGER PRIMARY KEY,
  state BLOB NOT NULL               -- float32, little endian
) STRICT;
INSERT INTO "hidden" VALUES(0,X'0000c03f000000c0');
CREATE TABLE hidden_test (
  problem INTEGER NOT NULL,
  test INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, test)
) STRICT, WITHOUT ROWID;
CREATE TABLE made (
  problem INTEGER NOT NULL,
  origin TEXT NOT NULL,
  generation INTEGER NOT NULL,
  part INTEGER NOT NULL,
  method TEXT NOT NULL,             -- '' outside of any
  call INTEGER NOT NULL,
  PRIMARY KEY (problem, origin, generation, part, method, call)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('fuel','4000000000');
INSERT INTO "meta" VALUES('give up','10');
INSERT INTO "meta" VALUES('memory','536870912');
INSERT INTO "meta" VALUES('output','1048576');
INSERT INTO "meta" VALUES('problems','a06ee387d762c2f48db4593f63d403d54248b87667f59d4ef46cef9185724036');
INSERT INTO "meta" VALUES('seed','1');
INSERT INTO "meta" VALUES('solutions','f53c859d868b46744bdadd0c5b3bb686e7f31c9026a99904bfa6669c4adf1cf1');
INSERT INTO "meta" VALUES('tests','c3220855c5d8acd3e2b82a3fd0d0dff4cf31625c0edbf682c6fd4083e5333d1b');
CREATE TABLE note (
  problem INTEGER NOT NULL,
  name TEXT NOT NULL,               -- unfilled, unjudged or infra
  text TEXT NOT NULL,
  PRIMARY KEY (problem, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE observation (
  problem INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  part INTEGER NOT NULL,
  solution INTEGER NOT NULL,        -- the first solution with this text
  ending TEXT NOT NULL,             -- returned, raised, timeout or not_loaded
  digest BLOB NOT NULL,             -- 16 bytes: equal ones are equal values
  text TEXT NOT NULL,               -- for people
  PRIMARY KEY (problem, generation, part, solution)
) STRICT, WITHOUT ROWID;
CREATE TABLE problem (
  problem INTEGER PRIMARY KEY,
  json TEXT NOT NULL,
  left_out INTEGER NOT NULL DEFAULT 0 -- 1: by the latest run; what is known of it stays
) STRICT;
INSERT INTO "problem" VALUES(0,'{"entry_point":"inc","prompt":"def inc(x):\n    \"\"\"Add one.\"\"\"\n","question":"def inc(x):\n    \"\"\"Add one.\"\"\"\n","task_id":"t/0"}',0);
CREATE TABLE sample (
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
INSERT INTO "sample" VALUES(0,0,0,0,'given',0.0,'','',-1,'','','');
CREATE TABLE shown (
  problem INTEGER NOT NULL,
  solution INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, solution)
) STRICT, WITHOUT ROWID;
CREATE TABLE solution (
  problem INTEGER NOT NULL,
  solution INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, solution)
) STRICT, WITHOUT ROWID;
INSERT INTO "solution" VALUES(0,0,'{"solution":"def inc(x):\n    return x + 1\n","task_id":"t/0"}');
INSERT INTO "solution" VALUES(0,1,'{"solution":"def inc(x):\n    return x - 1\n","task_id":"t/0"}');
CREATE TABLE test (
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
INSERT INTO "test" VALUES(0,'generated',0,0,'assert','assert inc(1) == 2','','','');
CREATE TABLE truth (
  problem INTEGER NOT NULL,
  solution INTEGER NOT NULL,
  kind TEXT NOT NULL,
  why TEXT NOT NULL DEFAULT '',     -- JSON, why it is wrong; '' when that is not known
  PRIMARY KEY (problem, solution)
) STRICT, WITHOUT ROWID;
INSERT INTO "truth" VALUES(0,0,'pass','');
INSERT INTO "truth" VALUES(0,1,'fail','');
CREATE TABLE judgement (
  problem INTEGER NOT NULL,
  checks BLOB NOT NULL,
  solution INTEGER NOT NULL,        -- the first solution with this text
  kind TEXT NOT NULL,
  why TEXT NOT NULL,                -- as in truth
  PRIMARY KEY (problem, checks, solution)
) STRICT, WITHOUT ROWID;
INSERT INTO "judgement" VALUES(0,X'00',0,'pass','');
CREATE TABLE measured (
  problem INTEGER NOT NULL,
  checks BLOB NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (problem, checks)
) STRICT, WITHOUT ROWID;
INSERT INTO "measured" VALUES(0,X'00','{}');
CREATE TABLE verdict (
  problem INTEGER NOT NULL,
  origin TEXT NOT NULL,
  generation INTEGER NOT NULL,
  part INTEGER NOT NULL,
  solution INTEGER NOT NULL,        -- the first solution with this text
  kind TEXT NOT NULL,
  tests_run INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  fuel INTEGER NOT NULL,
  detail TEXT NOT NULL,
  broken INTEGER NOT NULL,          -- 1: the solution itself did not load
  methods TEXT NOT NULL,            -- JSON, '' when there is only one
  PRIMARY KEY (problem, origin, generation, part, solution)
) STRICT, WITHOUT ROWID;
INSERT INTO "verdict" VALUES(0,'generated',0,0,0,'pass',1,0,0,114474,'',0,'[{"name":"","verdict":"pass"}]');
INSERT INTO "verdict" VALUES(0,'generated',0,0,1,'fail',1,1,0,115652,'AssertionError (test.py:1)',0,'[{"name":"","verdict":"fail"}]');
CREATE TABLE watched (
  problem INTEGER NOT NULL,
  origin TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (problem, origin, generation)
) STRICT, WITHOUT ROWID;
