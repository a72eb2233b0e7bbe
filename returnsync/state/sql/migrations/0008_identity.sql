-- Where a platform gives no ids, a return is known by what its record says, and a rewritten record has another key:
-- which return it is. One that is a return of its own, by a person's word, is its own home.
CREATE TABLE matches (
    source     TEXT NOT NULL,
    record     TEXT NOT NULL,
    home       TEXT NOT NULL,
    matched_at TEXT NOT NULL,
    PRIMARY KEY (source, record)
);
CREATE INDEX matches_by_home ON matches (source, home);
CREATE INDEX returns_by_creation ON returns (source, created);

-- The known returns that a record may be, which is held since that is not clear.
CREATE TABLE candidates (
    source TEXT NOT NULL,
    record TEXT NOT NULL,
    home   TEXT NOT NULL,
    PRIMARY KEY (source, record, home)
);

-- Returns that a listing showed as they were before what is kept of them: as what, and when that listing began.
CREATE TABLE older_copies (
    source TEXT NOT NULL,
    record TEXT NOT NULL,
    hash   TEXT NOT NULL,
    began  TEXT NOT NULL,
    PRIMARY KEY (source, record)
);

-- Why a record is set aside: it cannot be read, or it is not clear which return it is.
ALTER TABLE set_aside ADD COLUMN cause TEXT NOT NULL DEFAULT 'unreadable';
