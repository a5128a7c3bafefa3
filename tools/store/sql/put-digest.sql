INSERT INTO digests (file_id, algorithm, digest, checked)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (file_id, algorithm) DO UPDATE SET digest = excluded.digest,
  checked = excluded.checked;
