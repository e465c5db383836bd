-- Writers may change their comments for a while.

-- When that was last; NULL: never.
ALTER TABLE comments ADD COLUMN edited_at INTEGER;
