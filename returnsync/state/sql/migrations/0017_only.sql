-- Since when a source delivers only the orders that `only` names: the run after that is measured as a first run is. NULL once
-- a run without `only` could deliver all of it.
ALTER TABLE sources ADD COLUMN only_since TEXT;
