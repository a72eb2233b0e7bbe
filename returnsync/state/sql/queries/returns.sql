-- name: known_return(source, id)^
SELECT hash, read_at, updated, erased_at FROM returns WHERE source = :source AND id = :id;

-- name: save_return(source, id, number, status, created, updated, hash, body, at, is_open)!
INSERT INTO returns (source, id, number, status, created, updated, hash, body, first_seen, read_at, is_open, unplanned)
VALUES (:source, :id, :number, :status, :created, :updated, :hash, :body, :at, :at, :is_open, 1)
ON CONFLICT (source, id) DO UPDATE SET
    number = excluded.number, status = excluded.status, updated = excluded.updated, hash = excluded.hash,
    body = excluded.body, read_at = excluded.read_at, is_open = excluded.is_open, unplanned = 1, has_texts = 1;

-- name: touch_return(at, source, id)!
UPDATE returns SET read_at = :at WHERE source = :source AND id = :id;

-- name: keep_hash(hash, at, source, id)!
-- The hash of a return that is unchanged, computed in another way.
UPDATE returns SET hash = :hash, read_at = :at WHERE source = :source AND id = :id;

-- name: close_return(at, source, id)!
-- If it is listed again, it counts as changed.
UPDATE returns SET is_open = 0, hash = '', read_at = :at WHERE source = :source AND id = :id;

-- name: one_return(source, id)^
SELECT source, id, number, status, created, updated, hash, body, first_seen FROM returns WHERE source = :source AND id = :id;

-- name: unplanned_returns(source, after, most)
SELECT source, id, number, status, created, updated, body FROM returns
WHERE source = :source AND unplanned = 1 AND id > :after ORDER BY id LIMIT :most;

-- name: is_unplanned(source, id)^
SELECT id FROM returns WHERE source = :source AND id = :id AND unplanned = 1;

-- name: is_to_be_read(source, id)^
SELECT id FROM returns WHERE source = :source AND id = :id AND read_at < '0001';

-- name: planned(source, id)!
UPDATE returns SET unplanned = 0 WHERE source = :source AND id = :id;

-- name: plan_again(source, id)!
UPDATE returns SET unplanned = 1 WHERE source = :source AND id = :id;

-- name: returns_to_read_again(source, before, youngest, most)
SELECT id FROM returns
WHERE source = :source AND is_open = 1 AND read_at < :before AND (created > :youngest OR read_at < '0001')
ORDER BY read_at LIMIT :most;

-- name: returns_lacking(at, yes, no)
-- Returns of announcements with something to do, whose body has the flag neither as true nor as false.
SELECT DISTINCT returns.source, returns.id FROM announcements
JOIN returns ON returns.source = announcements.source AND returns.id = announcements.return_id
WHERE progress IN ('due', 'waiting') AND (progress = 'due' OR due_at <= :at) AND step <> 'none'
    AND body NOT LIKE :yes AND body NOT LIKE :no
ORDER BY returns.source, returns.id;

-- name: read_soon(source, id)!
UPDATE returns SET read_at = '', is_open = 1 WHERE source = :source AND id = :id;

-- name: keep_body(hash, body, is_open, at, source, id)!
-- A return that is unchanged, kept with what an earlier version did not ask for.
UPDATE returns SET hash = :hash, body = :body, is_open = :is_open, read_at = :at WHERE source = :source AND id = :id;

-- name: find_returns(text)
-- Returns that a person could mean: by order number, return number, return id, code or another name.
SELECT DISTINCT source, return_id FROM announcements WHERE order_number = :text OR code = :text
UNION SELECT source, return_id FROM announcements WHERE order_ref <> '' AND order_ref = :text
UNION SELECT returns.source, returns.id FROM sources JOIN returns ON returns.source = sources.id AND returns.id = :text
UNION SELECT source, id FROM returns WHERE number = :text AND number <> id
UNION SELECT aliases.source, return_id FROM sources JOIN aliases ON aliases.source = sources.id AND alias = :text
UNION SELECT source, home FROM parts WHERE record = :text
UNION SELECT source, home FROM matches WHERE record = :text
ORDER BY 1, 2;

-- name: names_of_returns()
-- Every name by which a person could mean a return.
SELECT source, return_id, order_number AS name FROM announcements
UNION SELECT source, return_id, code FROM announcements
UNION SELECT source, return_id, order_ref FROM announcements WHERE order_ref <> ''
UNION SELECT source, id, id FROM returns
UNION SELECT source, id, number FROM returns
UNION SELECT source, return_id, alias FROM aliases
UNION SELECT source, home, record FROM parts
UNION SELECT source, home, record FROM matches;

-- name: read_again(source, id)!
-- The next run reads it from its platform. It counts as changed once it was read, not before.
UPDATE returns SET hash = '', read_at = '', is_open = 1 WHERE source = :source AND id = :id;

-- name: read_in_vain(at, source, id)!
-- A return that a person asked for stays before all others, in the order of the tries: the year becomes 0.
UPDATE returns SET read_at = CASE WHEN read_at < '0001' THEN '0000' || substr(:at, 5) ELSE :at END
WHERE source = :source AND id = :id;

-- name: read_parts_again(source, home)!
UPDATE parts SET hash = '' WHERE source = :source AND home = :home;

-- name: has_unread_parts(source, home)^
-- Whether a part was to be read again and was not. A part that cannot be read is set aside, and does not count here.
SELECT record FROM parts
WHERE source = :source AND home = :home AND hash = '' AND body <> '' AND NOT EXISTS (
    SELECT 1 FROM set_aside WHERE set_aside.source = parts.source AND set_aside.record = parts.record
);

-- name: forget_alias(source, alias, id)!
DELETE FROM aliases WHERE source = :source AND alias = :alias AND return_id = :id;

-- name: save_alias(source, alias, id)!
INSERT INTO aliases (source, alias, return_id)
SELECT :source, :alias, :id
WHERE NOT EXISTS (SELECT 1 FROM aliases WHERE source = :source AND alias = :alias AND return_id = :id);

-- name: one_part(source, record)^
SELECT home, hash, body FROM parts WHERE source = :source AND record = :record;

-- name: save_part(source, record, home, hash, body)!
-- Its home never changes.
INSERT INTO parts (source, record, home, hash, body, joined) VALUES (:source, :record, :home, :hash, :body, 0)
ON CONFLICT (source, record) DO UPDATE SET hash = excluded.hash, body = excluded.body, joined = 0;

-- name: parts_joined(source, home)!
UPDATE parts SET joined = 1 WHERE source = :source AND home = :home AND joined = 0;

-- name: parts_to_come(source, home)!
UPDATE parts SET joined = 0 WHERE source = :source AND home = :home;

-- name: homes_unjoined(source)
SELECT DISTINCT home FROM parts WHERE source = :source AND joined = 0 ORDER BY home;

-- name: parts_of(source, home)
SELECT record, body FROM parts WHERE source = :source AND home = :home ORDER BY record;

-- name: remove_part(source, record)!
-- Its home stays known: if it is listed again, it belongs there again and is not announced by itself.
UPDATE parts SET hash = '', body = '' WHERE source = :source AND record = :record;

-- name: any_return()^
SELECT id FROM returns LIMIT 1;

-- name: returns_created_since(source, since, created, id, most)
SELECT source, id, number, status, created, updated, body, first_seen, erased_at FROM returns
WHERE source = :source AND created >= :since AND (created, id) > (:created, :id) ORDER BY created, id LIMIT :most;

-- name: returns_of_source(source, since, until)
SELECT source, id, number, status, created, updated, body FROM returns
WHERE source = :source AND created >= :since AND created < :until ORDER BY created, id;
