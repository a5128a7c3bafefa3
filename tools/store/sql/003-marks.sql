-- What users say of files and rules, beside what was found. A mark of a file
-- holds for the state that it was in; one of a rule has no state.
CREATE TABLE marks (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('healthy', 'ignore')),
  path BLOB UNIQUE,
  rule TEXT UNIQUE,
  size INTEGER,
  mtime_ns INTEGER,
  reason TEXT NOT NULL CHECK (length (reason) > 0),
  marked_at INTEGER NOT NULL,
  CHECK ((path IS NULL) <> (rule IS NULL)),
  CHECK (path IS NULL OR (size IS NOT NULL AND mtime_ns IS NOT NULL))
) STRICT;
