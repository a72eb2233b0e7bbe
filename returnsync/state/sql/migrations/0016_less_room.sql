-- A key of all columns kept each row twice. By its name alone a row is found as fast.
CREATE TABLE other_names (
    source    TEXT NOT NULL,
    alias     TEXT NOT NULL,
    return_id TEXT NOT NULL
);
INSERT INTO other_names (source, alias, return_id) SELECT source, alias, return_id FROM aliases;
DROP TABLE aliases;
ALTER TABLE other_names RENAME TO aliases;
CREATE INDEX aliases_by_name ON aliases (alias);

-- The beginning of a hash finds the label that came with the same content as well as the whole of it.
DROP INDEX announcements_by_content;
CREATE INDEX announcements_by_content ON announcements (substr(rest_sha256, 1, 12)) WHERE rest_sha256 <> '';
