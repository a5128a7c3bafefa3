INSERT INTO etags (result_id, etag) VALUES (?1, ?2);
