-- What the content of a file was when it was last known whole. A file can have
-- digests of an imported list alone: then size and the rest are NULL until it
-- is verified for the first time.
CREATE TABLE hashes (
  file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
  size INTEGER,
  mtime_ns INTEGER,
  block_size INTEGER,
  -- XXH3-128, canonical: of all, and of each block, one after the other.
  whole BLOB,
  blocks BLOB,
  hashed_at INTEGER NOT NULL,
  -- When all of it was last read and found the same; NULL: never since.
  verified_at INTEGER,
  -- When it was first found to be rotten, or not to be there any more.
  rotten_at INTEGER,
  vanished_at INTEGER
) STRICT;

CREATE INDEX hashes_by_size ON hashes (size);
CREATE INDEX hashes_by_whole ON hashes (whole) WHERE whole IS NOT NULL;

-- md5, sha1, sha256, sha512, xxh128 of all of a file.
CREATE TABLE digests (
  file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
  algorithm TEXT NOT NULL,
  digest BLOB NOT NULL,
  -- Was it ever found to be that of the content? Not yet if it was imported.
  checked INTEGER NOT NULL,
  PRIMARY KEY (file_id, algorithm)
) STRICT, WITHOUT ROWID;

-- Results of a file that was found under another name join those that it had:
-- 002-newest.sql knows of no result that changes its file.
CREATE TRIGGER result_moved AFTER UPDATE OF file_id ON results BEGIN
  DELETE FROM newest_results WHERE file_id IN (OLD.file_id, NEW.file_id);
  INSERT INTO newest_results
    SELECT file_id, id, verdict_bit, kind, size, confidence, damage, scanned_at
    FROM results
    WHERE id IN (SELECT max (id) FROM results
      WHERE file_id IN (OLD.file_id, NEW.file_id) GROUP BY file_id);
END;
