-- What was told to a person and is not to be told in every run: when last.
CREATE TABLE told (
    what    TEXT NOT NULL PRIMARY KEY,
    told_at TEXT NOT NULL
);

-- The guard's measure: how many announcements of a source were new on each day, without those that only a person's word
-- let pass.
CREATE TABLE delivered_days (
    source    TEXT    NOT NULL,
    day       TEXT    NOT NULL, -- in UTC
    announced INTEGER NOT NULL,
    PRIMARY KEY (source, day)
);
INSERT INTO delivered_days (source, day, announced)
SELECT source, substr(announced_at, 1, 10), count(*) FROM announcements
WHERE announced_at IS NOT NULL GROUP BY source, substr(announced_at, 1, 10);

-- When a source delivered last without hindrance, and since when the guard refuses it.
ALTER TABLE sources ADD COLUMN delivered_at TEXT;
ALTER TABLE sources ADD COLUMN refused_at TEXT;
