DELETE FROM marks WHERE path = ?1 OR rule = ?2;
