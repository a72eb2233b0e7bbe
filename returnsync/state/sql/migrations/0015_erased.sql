-- Personal data that was erased, since it was older than `retention_days` or a consumer asked for it: when last. Nothing of it is
-- kept anew from then on; but what is done for the return later may leave texts of servers (has_texts is 1).
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

-- The number of a return is mostly its id, by which it is found anyway.
DROP INDEX returns_by_number;
CREATE INDEX returns_by_number ON returns (number) WHERE number <> id;

-- The beginning of the SHA-256 of a tracking link that was erased: by it a label of ours is told from others. And when a label's file was
-- removed.
ALTER TABLE labels ADD COLUMN link_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE labels ADD COLUMN removed_at TEXT;

-- What is done to the state file as a whole, once or now and then: when last.
CREATE TABLE upkeep (
    what    TEXT NOT NULL PRIMARY KEY, -- written-anew
    done_at TEXT NOT NULL
);
