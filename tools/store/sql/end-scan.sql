UPDATE scans
SET status = ?2, finished_at = ?3, n_skipped = n_skipped + ?4
WHERE id = ?1;
