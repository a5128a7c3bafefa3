DELETE FROM results WHERE scan_id = ?1 AND file_id = ?2;
