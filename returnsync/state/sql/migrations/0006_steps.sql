-- What comes next for an announcement: announce, compare, update, label, none. Until here its cause said so. Python fills it
-- in for the rows that are there.
ALTER TABLE announcements ADD COLUMN step TEXT NOT NULL DEFAULT 'none';
