INSERT INTO scans (args, roots, mode, status, started_at, pid, process_start,
  boot_id)
VALUES (?1, ?2, ?3, 'running', ?4, ?5, ?6, ?7);
