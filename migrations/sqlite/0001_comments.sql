-- Comments and what keeps every copy of the program in step with them.
-- Times are milliseconds since 1970, UTC.

CREATE TABLE site (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    -- Grows in every transaction that changes what readers see; growing it first keeps writers in order.
    revision INTEGER NOT NULL,
    -- The key of all signatures; set at the first start.
    secret   BLOB
) STRICT;

INSERT INTO site (id, revision) VALUES (1, 0);

-- Which cached pages a revision made stale.
CREATE TABLE changes (
    revision INTEGER NOT NULL,
    tag      TEXT NOT NULL,
    PRIMARY KEY (revision, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE comments (
    -- AUTOINCREMENT: an id is never used again, or an old signed link would open a stranger's comment.
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_kind TEXT NOT NULL,
    thread_slug TEXT NOT NULL,
    parent_id   INTEGER REFERENCES comments (id) ON DELETE SET NULL,
    name        TEXT NOT NULL,
    email       TEXT,
    site        TEXT,
    text        TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('held', 'approved', 'spam', 'trash')),
    -- Why it was held, as words with spaces between.
    reasons     TEXT NOT NULL,
    by_author   INTEGER NOT NULL,
    -- Fingerprints: of the signed cookie, of the address, of its network. None can be read back.
    commenter   TEXT,
    address     TEXT,
    network     TEXT,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX comments_by_thread ON comments (thread_kind, thread_slug, status);
CREATE INDEX comments_by_parent ON comments (parent_id, status);
CREATE INDEX comments_by_status ON comments (status, id);
CREATE INDEX comments_by_commenter ON comments (commenter, created_at);
CREATE INDEX comments_by_address ON comments (address, created_at);
CREATE INDEX comments_by_network ON comments (network, created_at);

-- Who decided what about a comment, and when. Rows are only added.
CREATE TABLE moderation_log (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    comment_id    INTEGER NOT NULL,
    actor         TEXT NOT NULL,
    act           TEXT NOT NULL,
    status_before TEXT,
    status_after  TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX moderation_log_by_comment ON moderation_log (comment_id);
