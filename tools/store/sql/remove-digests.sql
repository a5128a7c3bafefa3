DELETE FROM digests WHERE file_id = ?1;
