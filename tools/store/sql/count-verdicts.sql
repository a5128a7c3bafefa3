SELECT verdict, count (*) FROM results WHERE scan_id = ?1 GROUP BY verdict;
