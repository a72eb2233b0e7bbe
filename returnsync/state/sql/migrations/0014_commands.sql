-- Which command each was: `run`, or `replay`, which reads and delivers some returns alone.
ALTER TABLE runs ADD COLUMN command TEXT NOT NULL DEFAULT 'run';
UPDATE runs SET command = 'replay' WHERE summary LIKE '%"replayed": true%';
