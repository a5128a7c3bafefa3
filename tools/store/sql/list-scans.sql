-- A limit of -1 is none.
SELECT id, args, roots, mode, status, started_at, finished_at, n_skipped, pid,
  process_start, boot_id
FROM scans
ORDER BY id DESC
LIMIT ?1 OFFSET ?2;
