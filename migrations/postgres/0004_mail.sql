-- Mails: who wants to be told of what, and what is still to be told.
-- Times are milliseconds since 1970, UTC.

-- Addresses that were typed into a comment form together with the wish to be told.
CREATE TABLE addresses (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- In lower case.
    email      TEXT NOT NULL UNIQUE,
    -- Whose mail it is, whatever follows a plus sign: floods of confirmations are counted by it.
    mailbox    TEXT NOT NULL,
    -- Its holder wants no mail from here at all.
    blocked_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE INDEX addresses_by_mailbox ON addresses (mailbox);

-- The holder of a mailbox has said yes to what somebody asked for in its name. One row a commenter: that Ana's
-- mailbox said yes to Ana says nothing of somebody else who types Ana's address.
CREATE TABLE confirmations (
    address_id      BIGINT NOT NULL REFERENCES addresses (id) ON DELETE CASCADE,
    -- The fingerprint of the commenter's cookie, as in comments.commenter.
    commenter       TEXT NOT NULL,
    -- The yes came from the browser with that cookie. Without it, somebody may have confirmed a stranger's wish by
    -- mistake or from a forwarded mail: good enough to send mails there, never good enough to be taken for the commenter.
    in_same_browser BOOLEAN NOT NULL,
    confirmed_at    BIGINT NOT NULL,
    PRIMARY KEY (address_id, commenter)
);

-- What is wished for, with the comment it was wished with. It holds from when both the address is confirmed and the
-- comment is approved, until it is ended.
CREATE TABLE subscriptions (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address_id BIGINT NOT NULL REFERENCES addresses (id) ON DELETE CASCADE,
    comment_id BIGINT NOT NULL UNIQUE REFERENCES comments (id) ON DELETE CASCADE,
    -- Of answers to the comment, or of everything that is said in its thread.
    wish       TEXT NOT NULL CHECK (wish IN ('answers', 'thread')),
    created_at BIGINT NOT NULL,
    ended_at   BIGINT
);

CREATE INDEX subscriptions_by_address ON subscriptions (address_id);

-- What is to be told, to whom. A mail is made of it when it is sent, so what was erased meanwhile is never sent.
CREATE TABLE outbox (
    id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What it tells to whom, once and never again; the Message-ID is made of it.
    about            TEXT NOT NULL UNIQUE,
    kind             TEXT NOT NULL CHECK (kind IN ('author', 'announce', 'answer', 'thread', 'confirm', 'digest', 'corner')),
    comment_id       BIGINT,
    -- NULL: the author, or (announce) whoever is found to listen.
    address_id       BIGINT,
    created_at       BIGINT NOT NULL,
    next_attempt_at  BIGINT NOT NULL,
    attempts         BIGINT NOT NULL DEFAULT 0,
    first_attempt_at BIGINT,
    -- Who is sending it, and until when nobody else may.
    lease            TEXT,
    leased_until     BIGINT,
    done_at          BIGINT,
    -- NULL: waits.
    outcome          TEXT CHECK (outcome IN ('sent', 'dropped', 'given-up')),
    -- Why it was dropped or given up, or what the last attempt met.
    reason           TEXT
);

CREATE INDEX outbox_by_time ON outbox (outcome, next_attempt_at);
CREATE INDEX outbox_by_comment ON outbox (comment_id);
CREATE INDEX outbox_by_address ON outbox (address_id, kind);
