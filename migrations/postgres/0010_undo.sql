-- What undoing an act needs.

-- Text before an edit, for as long as it can be undone; number of a block.
ALTER TABLE moderation_log ADD COLUMN detail TEXT;
-- Number of the act that this one undoes.
ALTER TABLE moderation_log ADD COLUMN undoes BIGINT;

CREATE INDEX moderation_log_with_detail ON moderation_log (created_at) WHERE detail IS NOT NULL;
CREATE INDEX moderation_log_of_undoing ON moderation_log (undoes) WHERE undoes IS NOT NULL;
-- Comments that need no answer.
CREATE INDEX moderation_log_settled ON moderation_log (comment_id) WHERE act = 'settle';
