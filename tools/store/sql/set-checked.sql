UPDATE digests SET checked = 1 WHERE file_id = ?1 AND algorithm = ?2;
