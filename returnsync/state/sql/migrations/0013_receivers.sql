-- What was told of it last, or was due to be told and could not be, such as by a message whose receiver was away.
ALTER TABLE tellings ADD COLUMN words TEXT NOT NULL DEFAULT '';

-- Who is told of runs and could not be reached last: each by the setting that names it, and what went wrong.
CREATE TABLE failing_receivers (
    name TEXT NOT NULL PRIMARY KEY,
    what TEXT NOT NULL
);
