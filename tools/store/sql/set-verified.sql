-- The content is what it was; its time may be another.
UPDATE hashes
SET verified_at = ?2, mtime_ns = coalesce (?3, mtime_ns), rotten_at = NULL,
  vanished_at = NULL
WHERE file_id = ?1;
