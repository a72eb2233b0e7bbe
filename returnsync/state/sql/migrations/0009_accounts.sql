-- What was told to a person and is not to be told in every run: when last.
CREATE TABLE told (
    what    TEXT NOT NULL PRIMARY KEY,
    told_at TEXT NOT NULL
);
