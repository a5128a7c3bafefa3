SELECT id, container, codecs, rules FROM kinds;
