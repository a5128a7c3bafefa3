-- A file of an imported list.
INSERT INTO hashes (file_id, hashed_at) VALUES (?1, ?2)
ON CONFLICT (file_id) DO NOTHING;
