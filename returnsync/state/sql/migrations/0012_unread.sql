-- Since when nothing may be sent for an announcement until its platform was read: a person took its release back.
ALTER TABLE announcements ADD COLUMN unread_since TEXT;
-- Until now those waited without a next look, and for no cause.
UPDATE announcements SET unread_since = updated, due_at = updated, cause = 'release-taken-back'
WHERE progress = 'waiting' AND step <> 'none' AND due_at IS NULL;
