-- Scans begun up to ?1 without a result.
DELETE FROM scans
WHERE started_at <= ?1 AND id NOT IN (SELECT id FROM temp.running)
  AND NOT EXISTS (SELECT 1 FROM results WHERE scan_id = scans.id);
