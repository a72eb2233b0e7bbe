-- What platforms beside the first one need: orders known by several numbers, returns that come in parts, other names.

-- The number by which the warehouse is asked for the order, before any rule; '' where it is `order_number` itself.
ALTER TABLE announcements ADD COLUMN order_ref TEXT NOT NULL DEFAULT '';

-- Records of a platform that are one part of a return each. `home` is the id of the return in `returns` that they make up;
-- it is settled when a part is first seen, and for ever: a code hangs on it.
CREATE TABLE parts (
    source TEXT NOT NULL,
    record TEXT NOT NULL, -- the platform's id of the record
    home   TEXT NOT NULL,
    hash   TEXT NOT NULL, -- of the record as it was listed: tells a change from a repetition
    body   TEXT NOT NULL, -- the record, normalised
    PRIMARY KEY (source, record)
);
CREATE INDEX parts_by_home ON parts (source, home);

-- A long look back that took more than one run: when it began, and up to where it came; '' where none is under way.
ALTER TABLE marks ADD COLUMN look_began TEXT NOT NULL DEFAULT '';
ALTER TABLE marks ADD COLUMN look_to TEXT NOT NULL DEFAULT '';

-- Other names by which people look for a return, such as a tracking number.
CREATE TABLE aliases (
    source    TEXT NOT NULL,
    alias     TEXT NOT NULL,
    return_id TEXT NOT NULL,
    PRIMARY KEY (source, alias, return_id)
);
CREATE INDEX aliases_by_alias ON aliases (alias);
CREATE INDEX aliases_by_return ON aliases (source, return_id);
CREATE INDEX announcements_by_ref ON announcements (order_ref) WHERE order_ref <> '';
