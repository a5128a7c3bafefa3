-- Unfinished scans older than a finished one of the same arguments are left
-- alone: continuing them would bring old results back as new ones.
SELECT id, status, pid, process_start, boot_id
FROM scans
WHERE args = ?1 AND status <> 'finished' AND id > coalesce (
  (SELECT max (id) FROM scans WHERE args = ?1 AND status = 'finished'), 0)
ORDER BY id DESC;
