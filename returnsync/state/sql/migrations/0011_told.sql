-- What was told already, to each channel by itself: `cron` is the person who reads what `run --quiet` prints.

-- Something that is wrong, or that is told so often a day.
CREATE TABLE tellings (
    channel TEXT    NOT NULL,
    key     TEXT    NOT NULL, -- such as out/monta, guard/shop-nl, held/line-unmatched
    since   TEXT,             -- when a run of this channel met it first; NULL where it is over
    runs    INTEGER NOT NULL, -- runs that met it since then
    well    INTEGER NOT NULL, -- runs in a row that no longer did
    told_at TEXT,             -- when it was told last; NULL where it was not, since it began
    day     TEXT    NOT NULL, -- the local day of which `times` is
    times   INTEGER NOT NULL, -- how often it was told on that day
    PRIMARY KEY (channel, key)
);

-- What is held and was told, by name or by number.
CREATE TABLE told_held (
    channel TEXT NOT NULL,
    source  TEXT NOT NULL,
    key     TEXT NOT NULL, -- the code of an announcement, or the key of a record that was set aside
    cause   TEXT NOT NULL,
    PRIMARY KEY (channel, source, key)
);
