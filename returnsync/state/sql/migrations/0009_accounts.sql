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

-- When a run last read all of a source and could deliver it, and since when the guard refuses it.
ALTER TABLE sources ADD COLUMN delivered_at TEXT;
ALTER TABLE sources ADD COLUMN refused_at TEXT;
ALTER TABLE sources ADD COLUMN past_first INTEGER NOT NULL DEFAULT 0; -- 1: there was such a run since it first delivered
-- Known so far is when a run last ended well, and when something was announced: the later of the two.
UPDATE sources SET past_first = 1, delivered_at = (
    SELECT max(at) FROM (
        SELECT finished AS at FROM runs WHERE exit_code IN (0, 1)
        UNION ALL SELECT announced_at FROM announcements WHERE announcements.source = sources.id
    ) AS known
) WHERE runs > 0;

-- How an account fares: calls that failed in a row, of which orders, and since when it is out.
CREATE TABLE breakers (
    kind      TEXT    NOT NULL, -- warehouse or source
    account   TEXT    NOT NULL, -- the name of a warehouse, the lasting id of a source
    failures  INTEGER NOT NULL, -- calls that failed since the last that was answered
    orders    TEXT    NOT NULL, -- a JSON array of their order numbers
    opened_at TEXT,             -- since when it is out; NULL where it is not
    why       TEXT    NOT NULL, -- what failed last when it was found out
    probes    INTEGER NOT NULL, -- that failed since then
    served    INTEGER NOT NULL, -- orders that were served so far
    served_at TEXT,             -- the last of them
    back_at   TEXT,             -- when it was last found to be no longer out
    PRIMARY KEY (kind, account)
);

-- An order that was refused as only whole accounts are: once for each number of others that had been served before.
CREATE TABLE order_refusals (
    warehouse     TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    served_before INTEGER NOT NULL,
    refused_at    TEXT    NOT NULL,
    PRIMARY KEY (warehouse, code, served_before)
);
