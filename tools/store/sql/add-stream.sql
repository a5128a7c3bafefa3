INSERT INTO streams (result_id, position, id, kind, codec, decoder, hardware,
  frames, duration_ns, checked, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);
