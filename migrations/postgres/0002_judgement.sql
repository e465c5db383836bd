-- What a comment is judged by: the author's blocks, what the filter has learned, what was said before.

-- For each reason that has more to say than its word, a line that begins with it.
ALTER TABLE comments ADD COLUMN reason_details TEXT NOT NULL DEFAULT '';
-- By what a longer text is known again (domain::verdict::mark).
ALTER TABLE comments ADD COLUMN text_mark TEXT;
CREATE INDEX comments_by_mark ON comments (text_mark, created_at);
-- Those whose fingerprints are to be forgotten one day.
CREATE INDEX comments_with_address ON comments (created_at) WHERE address IS NOT NULL;
CREATE INDEX comments_with_network ON comments (created_at) WHERE network IS NOT NULL;

-- How many comments the filter has learned, beside the revision, where every comment looks anyway.
ALTER TABLE site ADD COLUMN learned_spam BIGINT NOT NULL DEFAULT 0;
ALTER TABLE site ADD COLUMN learned_ham BIGINT NOT NULL DEFAULT 0;

-- In how many learned comments a word, a pair of words or a link stood.
CREATE TABLE learned_features (
    feature TEXT PRIMARY KEY,
    spam    BIGINT NOT NULL,
    ham     BIGINT NOT NULL
);

CREATE INDEX learned_features_that_went ON learned_features (feature) WHERE spam <= 0 AND ham <= 0;

-- What each comment taught, one feature a line, so that it can be unlearned.
CREATE TABLE learned_comments (
    comment_id BIGINT PRIMARY KEY REFERENCES comments (id) ON DELETE CASCADE,
    spam       BIGINT NOT NULL,
    ham        BIGINT NOT NULL,
    features   TEXT NOT NULL
);

-- Whom the author has blocked.
CREATE TABLE blocks (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('email', 'site', 'network')),
    value      TEXT NOT NULL,
    note       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (kind, value)
);

-- Comments that were not taken, for the author to look at; forgotten after 30 days.
CREATE TABLE refusals (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_kind TEXT NOT NULL,
    thread_slug TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    name        TEXT NOT NULL,
    text        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE INDEX refusals_by_time ON refusals (created_at);
