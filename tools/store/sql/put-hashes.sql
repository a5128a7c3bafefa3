INSERT INTO hashes (file_id, size, mtime_ns, block_size, whole, blocks,
  hashed_at, verified_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
ON CONFLICT (file_id) DO UPDATE SET size = excluded.size,
  mtime_ns = excluded.mtime_ns, block_size = excluded.block_size,
  whole = excluded.whole, blocks = excluded.blocks,
  hashed_at = excluded.hashed_at, verified_at = excluded.verified_at,
  rotten_at = NULL, vanished_at = NULL;
