-- What is not certain is settled by two looks, far enough apart by a clock that nobody sets: that of the machine since it
-- started, as long as it did not start anew, else the warehouse's own.
ALTER TABLE effects ADD COLUMN looked_boot TEXT NOT NULL DEFAULT ''; -- which start of the machine the first look fell into
ALTER TABLE effects ADD COLUMN looked_elapsed DOUBLE PRECISION;     -- seconds from that start to the first look
ALTER TABLE effects ADD COLUMN looked_date TEXT;                     -- the first look by the warehouse's clock
-- A label call that was answered by refusing the whole account: when.
ALTER TABLE effects ADD COLUMN shut_at TEXT;
-- A create that was sent a second time: when its order is looked at once more, for two of one code. Null: never, or done.
ALTER TABLE effects ADD COLUMN recheck_at TEXT;
CREATE INDEX effects_recheck ON effects (recheck_at) WHERE recheck_at IS NOT NULL;
-- A label call that was refused: with which status, and how many labels the warehouse had made for us until then.
ALTER TABLE effects ADD COLUMN status INTEGER;
ALTER TABLE effects ADD COLUMN made_before INTEGER;
CREATE INDEX effects_labels_refused ON effects (warehouse, made_before) WHERE made_before IS NOT NULL;
CREATE INDEX effects_adopted ON effects (warehouse, intent_at) WHERE kind = 'create' AND outcome = 'adopted';

-- Label calls at a warehouse as a whole, and why they are stopped.
CREATE TABLE label_calls (
    warehouse TEXT    NOT NULL PRIMARY KEY,
    made      INTEGER NOT NULL DEFAULT 0,  -- labels made for us so far
    unclear   INTEGER NOT NULL DEFAULT 0,  -- unclear calls since the last label that was made
    stop      TEXT    NOT NULL DEFAULT '', -- '': not stopped. not-allowed, same-words, unclear
    since     TEXT,                        -- since when they are stopped
    tries     INTEGER NOT NULL DEFAULT 0,  -- labels that were tried since then, one at a time
    try_at    TEXT,                        -- from when on the next one is tried
    run       TEXT    NOT NULL DEFAULT ''  -- the run that stopped them, or tried last
);

-- Labels that were paid for and could not be written: their bytes, until they can.
CREATE TABLE kept_labels (
    warehouse     TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    generation    INTEGER NOT NULL,
    extension     TEXT    NOT NULL,
    content       TEXT    NOT NULL, -- Base64
    tracking_link TEXT    NOT NULL,
    kept_at       TEXT    NOT NULL,
    PRIMARY KEY (warehouse, code, generation)
);
CREATE INDEX labels_by_content ON labels (warehouse, sha256);
