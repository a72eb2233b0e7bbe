-- The accounts at which something was announced: a digest of what tells each from others, so that another one under its
-- name is noticed.
CREATE TABLE known_accounts (
    side    TEXT NOT NULL, -- warehouse, source
    name    TEXT NOT NULL, -- a warehouse's name, a source's lasting id
    account TEXT NOT NULL, -- SHA-256, in hex; '': something was announced before this table was there
    since   TEXT NOT NULL, -- since when it is this account
    PRIMARY KEY (side, name)
);
INSERT INTO known_accounts (side, name, account, since)
SELECT 'warehouse', warehouse, '', min(intent_at) FROM effects WHERE kind = 'create' GROUP BY warehouse;
INSERT INTO known_accounts (side, name, account, since)
SELECT 'source', announcements.source, '', min(effects.intent_at)
FROM effects JOIN announcements ON announcements.code = effects.code
WHERE effects.kind = 'create' GROUP BY announcements.source;
