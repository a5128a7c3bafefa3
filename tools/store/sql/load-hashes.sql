SELECT f.path, h.file_id, h.size, h.mtime_ns, h.block_size, h.whole, h.blocks,
  h.verified_at, h.rotten_at, h.vanished_at
FROM hashes AS h
JOIN files AS f ON f.id = h.file_id
WHERE h.file_id = ?1;
