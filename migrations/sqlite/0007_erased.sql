-- Comments by status. Erased ones have no text, stay in the trash for good and are never asked for by status.

DROP INDEX comments_by_status;
CREATE INDEX comments_with_text ON comments (status, id) WHERE text <> '';
