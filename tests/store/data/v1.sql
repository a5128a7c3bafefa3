-- A store as version 1 of the schema left it. Never changed: it stands for the
-- stores that people have.
-- Version 1. Times: *_at in Unix seconds, *_ns in nanoseconds. A number that
-- is not known is NULL.

-- "CVI1": tells a store from the database of another program.
PRAGMA application_id = 1129728305;

CREATE TABLE scans (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  args TEXT NOT NULL,
  roots TEXT NOT NULL,
  mode TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('running', 'interrupted', 'finished')),
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  n_skipped INTEGER NOT NULL DEFAULT 0,
  -- The process that runs (or ran) the scan: tells a scan in progress from
  -- one whose process was killed.
  pid INTEGER NOT NULL,
  process_start INTEGER NOT NULL,
  boot_id TEXT NOT NULL
) STRICT;

CREATE INDEX scans_by_args ON scans (args, id);

-- Paths are bytes of the file system, not always UTF-8.
CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  path BLOB NOT NULL UNIQUE CHECK (length (path) > 0)
) STRICT;

-- The highest id of a file is its newest result.
CREATE TABLE results (
  id INTEGER PRIMARY KEY,
  scan_id INTEGER NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
  verdict TEXT NOT NULL,
  previous_verdict TEXT NOT NULL,
  confidence REAL NOT NULL,
  damage REAL NOT NULL,
  mode TEXT NOT NULL,
  container TEXT,
  size INTEGER,
  mtime_ns INTEGER NOT NULL,
  duration_ns INTEGER,
  elapsed_s REAL NOT NULL,
  cpu_s REAL NOT NULL,
  peak_rss_bytes INTEGER,
  tool_version TEXT,
  rules_version INTEGER NOT NULL,
  scanned_at INTEGER NOT NULL,
  UNIQUE (scan_id, file_id)
) STRICT;

CREATE INDEX results_by_file ON results (file_id, id);
CREATE INDEX results_by_scan_verdict ON results (scan_id, verdict);
CREATE INDEX results_by_verdict ON results (verdict, scanned_at);
CREATE INDEX results_by_time ON results (scanned_at);

CREATE TABLE streams (
  result_id INTEGER NOT NULL REFERENCES results (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  codec TEXT,
  decoder TEXT,
  hardware INTEGER NOT NULL,
  frames INTEGER,
  duration_ns INTEGER,
  checked INTEGER NOT NULL,
  reason TEXT,
  PRIMARY KEY (result_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
  result_id INTEGER NOT NULL REFERENCES results (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  rule TEXT NOT NULL,
  severity TEXT NOT NULL,
  certainty REAL NOT NULL,
  stream TEXT,
  start_ns INTEGER,
  end_ns INTEGER,
  "offset" INTEGER,
  count INTEGER,
  message TEXT NOT NULL,
  PRIMARY KEY (result_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX findings_by_rule ON findings (rule);

-- For queries by hand: each file's newest result, with a readable path.
CREATE VIEW newest AS
  SELECT CAST (f.path AS TEXT) AS path, r.*
  FROM files AS f
  JOIN results AS r
    ON r.id = (SELECT max (id) FROM results WHERE file_id = f.id);

INSERT INTO scans VALUES (1, 'hybrid /films', '/films', 'hybrid', 'finished',
  1700000000, 1700000100, 1, 4242, 1000, 'an earlier boot');
INSERT INTO scans VALUES (2, 'deep /films', '/films', 'deep', 'running',
  1700001000, NULL, 0, 4243, 2000, 'an earlier boot');
INSERT INTO files VALUES (1, CAST ('/films/a.mkv' AS BLOB));
INSERT INTO files VALUES (2, x'2f66696c6d732fff2e6d7034');
INSERT INTO results VALUES (1, 1, 1, 'suspicious', 'suspicious', 0.5, 0.0,
  'hybrid', 'matroska', 1000, 1600000000000000000, 60000000000, 1.5, 2.5,
  50000000, '0.1.0', 1, 1700000050);
INSERT INTO results VALUES (2, 1, 2, 'healthy', 'healthy', 0.0, 0.0,
  'hybrid', 'iso-bmff', 2000, 1600000000000000001, 60000000000, 1.5, 2.5,
  50000000, '0.1.0', 1, 1700000060);
INSERT INTO results VALUES (3, 2, 1, 'corrupt', 'corrupt', 0.95, 0.25,
  'deep', 'matroska', 1000, 1600000000000000000, NULL, 1.5, 2.5, 50000000,
  '0.1.0', 1, 1700001010);
INSERT INTO streams VALUES (3, 0, 'video/0', 'video', 'H.264', 'avdec_h264', 0,
  1500, 60000000000, 1, NULL);
INSERT INTO findings VALUES (3, 0, 'container::truncated', 'error', 0.95, NULL,
  NULL, NULL, 900, 1, 'the file ends 100 bytes too early');

PRAGMA user_version = 1;
