-- A create in doubt that the warehouse says nothing of, while it answers other questions: since when.
ALTER TABLE effects ADD COLUMN unanswered_since TEXT;
