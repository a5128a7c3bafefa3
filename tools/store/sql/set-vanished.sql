UPDATE hashes SET vanished_at = coalesce (vanished_at, ?2) WHERE file_id = ?1;
