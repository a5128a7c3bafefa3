SELECT algorithm, digest, checked FROM digests WHERE file_id = ?1
ORDER BY algorithm;
