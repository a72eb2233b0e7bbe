-- A label on its way to its consumer: one row an attempt, written before what cannot be undone. No row, no mail.
CREATE TABLE hand_overs (
    warehouse  TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    generation INTEGER NOT NULL, -- of the label
    method     TEXT    NOT NULL, -- email, command; test: to the address for trying it out, which hands nothing over
    attempt    INTEGER NOT NULL, -- at this label, whatever the method
    intent_at  TEXT    NOT NULL,
    outcome    TEXT,             -- null: in flight. done, not_done, doubt
    outcome_at TEXT,
    PRIMARY KEY (warehouse, code, generation, attempt)
);
CREATE UNIQUE INDEX hand_overs_one_in_flight ON hand_overs (warehouse, code, generation, method) WHERE outcome IS NULL;
CREATE INDEX hand_overs_open ON hand_overs (intent_at) WHERE outcome IS NULL OR outcome = 'doubt';

-- Since when a source hands labels over by a method: the start of the run that first saw it, anew each time that it had been
-- taken out. Labels that were asked for before are handed over by nothing but a person's word.
CREATE TABLE hand_over_methods (
    source TEXT NOT NULL,
    method TEXT NOT NULL,
    since  TEXT NOT NULL,
    PRIMARY KEY (source, method)
);

-- A person's word that a label is to be handed over, however old it is. What was attempted before it and is not done counts no
-- more; what is done counts no more either where all was.
CREATE TABLE hand_over_words (
    warehouse  TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    at         TEXT    NOT NULL,
    attempts   INTEGER NOT NULL, -- the number of the last attempt before it
    done_after INTEGER NOT NULL, -- what was done up to this number counts no more
    PRIMARY KEY (warehouse, code, generation)
);
