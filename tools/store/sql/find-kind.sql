SELECT id FROM kinds WHERE container = ?1 AND codecs = ?2 AND rules = ?3;
