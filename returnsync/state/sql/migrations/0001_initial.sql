-- Times are texts in UTC of fixed width (2026-11-22T09:30:00.000000Z), so that they sort as moments in any database.
-- Yes and no are 1 and 0. JSON is text. All of it is understood by SQLite and by PostgreSQL.

CREATE TABLE sources (
    id       TEXT    NOT NULL PRIMARY KEY, -- the `id` setting: lasting, part of every code
    name     TEXT    NOT NULL,             -- what the configuration called it last
    platform TEXT    NOT NULL,
    account  TEXT    NOT NULL,
    starts   TEXT    NOT NULL,             -- `start_from` as it was in the last run
    policy   TEXT    NOT NULL,             -- what else decides what is left alone, as it was in the last run
    largest  INTEGER NOT NULL DEFAULT 0,   -- most new announcements delivered in one run: the guard's measure
    runs     INTEGER NOT NULL DEFAULT 0    -- runs that delivered anything
);

CREATE TABLE marks (
    source    TEXT NOT NULL PRIMARY KEY,
    mark      TEXT NOT NULL, -- everything up to here has been read and saved
    deep_from TEXT NOT NULL  -- when the last reading with the long overlap began
);

CREATE TABLE returns (
    source     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    created    TEXT    NOT NULL,
    updated    TEXT    NOT NULL,
    hash       TEXT    NOT NULL, -- of the body: tells a change from a repetition
    body       TEXT    NOT NULL, -- the normalised return
    first_seen TEXT    NOT NULL,
    read_at    TEXT    NOT NULL,
    is_open    INTEGER NOT NULL, -- 1: its platform may still change it
    unplanned  INTEGER NOT NULL, -- 1: new or changed since it was last planned
    PRIMARY KEY (source, id)
);
CREATE INDEX returns_unplanned ON returns (source, id) WHERE unplanned = 1;
CREATE INDEX returns_open ON returns (source, read_at) WHERE is_open = 1;
CREATE INDEX returns_by_id ON returns (id);
CREATE INDEX returns_by_number ON returns (number);

CREATE TABLE set_aside (
    source     TEXT NOT NULL,
    record     TEXT NOT NULL, -- the platform's id, else a hash of the raw record
    raw        TEXT NOT NULL,
    problem    TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    tried_at   TEXT NOT NULL,
    released   INTEGER NOT NULL, -- 1: a person said that it is none of ours, as it is now
    PRIMARY KEY (source, record)
);

CREATE TABLE announcements (
    code          TEXT    NOT NULL PRIMARY KEY,
    warehouse     TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    return_id     TEXT    NOT NULL,
    order_number  TEXT    NOT NULL, -- as the platform wrote it
    progress      TEXT    NOT NULL,
    cause         TEXT    NOT NULL DEFAULT '',
    what          TEXT    NOT NULL DEFAULT '',
    next_step     TEXT    NOT NULL DEFAULT '',
    foreign_text  TEXT    NOT NULL DEFAULT '', -- a server's own words: shown only masked
    due_at        TEXT,
    waiting_since TEXT,
    attempts      INTEGER NOT NULL DEFAULT 0,
    announced_at  TEXT,
    labelled_at   TEXT,
    units         TEXT    NOT NULL DEFAULT '',
    created       TEXT    NOT NULL,
    updated       TEXT    NOT NULL
);
CREATE INDEX announcements_by_return ON announcements (source, return_id);
CREATE INDEX announcements_by_order ON announcements (order_number);
CREATE INDEX announcements_work ON announcements (progress, due_at) WHERE progress IN ('due', 'waiting');
CREATE INDEX announcements_held ON announcements (cause) WHERE progress = 'held';

-- The ledger: one row an intent, written before the call; the outcome follows. No row, no call.
CREATE TABLE effects (
    warehouse  TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    kind       TEXT    NOT NULL, -- create, update, label
    generation INTEGER NOT NULL,
    intent_at  TEXT    NOT NULL,
    request    TEXT    NOT NULL, -- what was to be sent
    looked_at  TEXT,             -- when a first look found nothing of it
    outcome    TEXT,             -- null: in flight. made, adopted, refused, not_made, doubt
    outcome_at TEXT,
    answer     TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (warehouse, code, kind, generation)
);
CREATE UNIQUE INDEX effects_one_in_flight ON effects (warehouse, code, kind) WHERE outcome IS NULL;
CREATE UNIQUE INDEX effects_created_once ON effects (warehouse, code)
    WHERE kind = 'create' AND outcome IN ('made', 'adopted');

CREATE TABLE labels (
    warehouse     TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    generation    INTEGER NOT NULL,
    file          TEXT    NOT NULL, -- relative to the labels folder
    sha256        TEXT    NOT NULL,
    tracking_link TEXT    NOT NULL,
    saved_at      TEXT    NOT NULL,
    PRIMARY KEY (warehouse, code, generation)
);

CREATE TABLE runs (
    id        TEXT    NOT NULL PRIMARY KEY,
    started   TEXT    NOT NULL,
    finished  TEXT,
    exit_code INTEGER,
    summary   TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX runs_by_start ON runs (started);

-- Append-only: the story that `show` tells.
CREATE TABLE history (
    run       TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    at        TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    return_id TEXT    NOT NULL,
    code      TEXT    NOT NULL DEFAULT '',
    event     TEXT    NOT NULL,
    detail    TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (run, seq)
);
CREATE INDEX history_by_return ON history (source, return_id, at);
