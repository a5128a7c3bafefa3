SELECT whole FROM hashes WHERE file_id = ?1;
