-- What was found rotten may have been put right; then the longest unverified.
SELECT h.file_id, f.path
FROM hashes AS h
JOIN files AS f ON f.id = h.file_id
WHERE f.path >= ?1
ORDER BY h.rotten_at IS NULL, h.verified_at NULLS FIRST, f.path;
