-- Results up to time ?1; with ?2 = 0 only those that a newer one has replaced.
-- What belongs to scan ids in running is kept.
DELETE FROM results
WHERE id IN (
  SELECT r.id FROM results AS r
  JOIN newest_results AS n ON n.file_id = r.file_id
  WHERE r.scanned_at <= ?1 AND (?2 OR n.result_id <> r.id)
    AND r.scan_id NOT IN (SELECT id FROM temp.running)
  LIMIT ?3);
