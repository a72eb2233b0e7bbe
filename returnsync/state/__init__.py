"""State: what we know and did, in one SQLite file; the SQL stands in files, with names."""
