-- Personal data that was erased, since it was older than `retention_days` or a consumer asked for it: when last. Nothing of
-- it is kept anew from then on; but what is done for the return later may leave texts of servers (has_texts is 1).
ALTER TABLE returns ADD COLUMN erased_at TEXT;
ALTER TABLE returns ADD COLUMN has_texts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE returns ADD COLUMN story TEXT NOT NULL DEFAULT ''; -- JSON: its history up to then, without anybody's words
CREATE INDEX returns_with_texts ON returns (status, updated) WHERE has_texts = 1;

-- A record that a person took out of our hands: when, and once it was erased, the SHA-256 of what it said. By that a
-- listing tells whether it changed.
ALTER TABLE set_aside ADD COLUMN released_at TEXT;
ALTER TABLE set_aside ADD COLUMN erased_at TEXT;
ALTER TABLE set_aside ADD COLUMN raw_sha256 TEXT NOT NULL DEFAULT '';
CREATE INDEX set_aside_released ON set_aside (tried_at) WHERE released = 1 AND erased_at IS NULL;

-- A return is found by its id or another name at each source, which the primary keys do; and its number is mostly its id.
-- The names that it had are in its body.
DROP INDEX returns_by_id;
DROP INDEX aliases_by_alias;
DROP INDEX aliases_by_return;
DROP INDEX returns_by_number;
CREATE INDEX returns_by_number ON returns (number) WHERE number <> id;

-- The beginning of the SHA-256 of a tracking link that was erased: by it a label of ours is told from others. And when a
-- label's file was removed.
ALTER TABLE labels ADD COLUMN link_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE labels ADD COLUMN removed_at TEXT;

-- Once a return is erased, what was sent of each announcement and the label that came stand in its own row, where that is all
-- that there was: one create and at most one label, both made at the first call. Their rows in `effects` and `labels` go.
ALTER TABLE announcements ADD COLUMN at_rest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE announcements ADD COLUMN rest_request TEXT NOT NULL DEFAULT ''; -- of the create
ALTER TABLE announcements ADD COLUMN rest_sha256 TEXT NOT NULL DEFAULT '';  -- of the label; '': there is none
ALTER TABLE announcements ADD COLUMN rest_link TEXT NOT NULL DEFAULT '';    -- the hash of its link
ALTER TABLE announcements ADD COLUMN rest_file TEXT NOT NULL DEFAULT '';    -- where its file lies; '': under its code, a PDF
ALTER TABLE announcements ADD COLUMN rest_removed TEXT;                     -- when its file was removed
CREATE INDEX announcements_by_content ON announcements (rest_sha256) WHERE rest_sha256 <> '';

-- Every effect and every label, wherever it stands. Whatever is asked of the past is asked here; what is in flight or in doubt
-- is always in the tables themselves.
CREATE VIEW all_effects AS
SELECT warehouse, code, kind, generation, intent_at, request, looked_at, outcome, outcome_at, answer, unanswered_since,
    looked_boot, looked_elapsed, looked_date, shut_at, recheck_at, status, made_before
FROM effects
UNION ALL
SELECT warehouse, code, 'create', 1, announced_at, rest_request, NULL, 'made', announced_at, '', NULL,
    '', NULL, NULL, NULL, NULL, NULL, NULL
FROM announcements WHERE at_rest = 1
UNION ALL
SELECT warehouse, code, 'label', 1, labelled_at, '', NULL, 'made', labelled_at, '', NULL,
    '', NULL, NULL, NULL, NULL, NULL, NULL
FROM announcements WHERE at_rest = 1 AND rest_sha256 <> '';

CREATE VIEW all_labels AS
SELECT warehouse, code, generation, file, sha256, tracking_link, saved_at, link_sha256, removed_at FROM labels
UNION ALL
SELECT warehouse, code, 1, CASE WHEN rest_file = '' THEN warehouse || '/' || code || '.pdf' ELSE rest_file END,
    rest_sha256, '', labelled_at, rest_link, rest_removed
FROM announcements WHERE at_rest = 1 AND rest_sha256 <> '';

-- What is done to the state file as a whole, once or now and then: when last.
CREATE TABLE upkeep (
    what    TEXT NOT NULL PRIMARY KEY, -- written-anew
    done_at TEXT NOT NULL
);
