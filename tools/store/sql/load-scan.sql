SELECT id, args, roots, mode, status, started_at, finished_at, n_skipped, pid,
  process_start, boot_id
FROM scans
WHERE id = ?1;
