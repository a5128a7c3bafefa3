UPDATE hashes SET rotten_at = coalesce (rotten_at, ?2) WHERE file_id = ?1;
