"""State: what we know and did, in one SQLite file. The SQL is in files of named queries."""
