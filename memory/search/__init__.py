"""Finding memories: by meaning, by words, by both; exactly where that is quick, and by an index where it is not."""
