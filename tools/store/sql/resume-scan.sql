UPDATE scans
SET status = 'running', finished_at = NULL, pid = ?2, process_start = ?3,
  boot_id = ?4
WHERE id = ?1;
