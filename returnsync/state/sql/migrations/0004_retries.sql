-- Records that cannot be read are tried again at growing intervals, and parts of a return are joined once their listing
-- was read whole.

ALTER TABLE set_aside ADD COLUMN tries INTEGER NOT NULL DEFAULT 1; -- how often it could not be read, the first included
ALTER TABLE set_aside ADD COLUMN due_at TEXT NOT NULL DEFAULT '';  -- when it is tried again; '': a person asked for it
ALTER TABLE set_aside ADD COLUMN hash TEXT NOT NULL DEFAULT '';    -- of the record as it was listed, where it could be read there
ALTER TABLE set_aside ADD COLUMN home TEXT NOT NULL DEFAULT '';    -- the return that it is one part of, where that is known
-- What was set aside before has its turn in the next run, and waits longer and longer from then on.
UPDATE set_aside SET due_at = tried_at;
CREATE INDEX set_aside_due ON set_aside (source, due_at) WHERE released = 0;

-- 0: saved, and not yet in the return that it belongs to. Until it is, that return is not announced.
ALTER TABLE parts ADD COLUMN joined INTEGER NOT NULL DEFAULT 1;
CREATE INDEX parts_unjoined ON parts (source, home) WHERE joined = 0;
