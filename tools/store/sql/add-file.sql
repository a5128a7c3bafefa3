INSERT INTO files (path) VALUES (?1);
