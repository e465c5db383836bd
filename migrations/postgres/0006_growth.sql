-- Indexes for statements that read whole tables, and what a question that waits and a link that opens once need.

DROP INDEX comments_by_thread;
-- With all that says where a comment stands, so that a long thread is put in order without its texts.
CREATE INDEX comments_by_thread ON comments (thread_kind, thread_slug, status, created_at, id, parent_id);
CREATE INDEX comments_by_time ON comments (status, thread_kind, created_at, id);
CREATE INDEX refusals_by_thread ON refusals (thread_slug, reason);

CREATE INDEX outbox_by_kind ON outbox (kind, created_at);
CREATE INDEX outbox_by_end ON outbox (done_at) WHERE outcome IS NOT NULL;
CREATE INDEX addresses_by_time ON addresses (created_at);
CREATE INDEX confirmations_by_time ON confirmations (confirmed_at);
CREATE INDEX subscriptions_by_time ON subscriptions (created_at);
CREATE INDEX corner_asked_by_time ON corner_asked (created_at);

-- When the link in a mail was used, where it opens once.
ALTER TABLE outbox ADD COLUMN opened_at BIGINT;
-- Since when the question about a wish waits for room.
ALTER TABLE subscriptions ADD COLUMN waits_since BIGINT;
CREATE INDEX subscriptions_that_wait ON subscriptions (waits_since) WHERE waits_since IS NOT NULL;
