UPDATE files SET path = ?2 WHERE id = ?1;
