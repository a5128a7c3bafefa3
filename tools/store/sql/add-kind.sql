INSERT INTO kinds (container, codecs, rules) VALUES (?1, ?2, ?3);
