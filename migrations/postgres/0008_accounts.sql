-- Accounts of the desk, their sessions, and wrong passwords.
-- Times are milliseconds since 1970, UTC.

CREATE TABLE accounts (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    -- In lower case.
    email      TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role IN ('author', 'moderator')),
    -- Hash by Argon2id in the PHC format. NULL: not set yet.
    password   TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of the token in the cookie, so that a stolen copy of the database opens no session.
    token      TEXT NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Browser and system, as the list of sessions shows them.
    device     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_use ON sessions (used_at);
CREATE INDEX sessions_by_time ON sessions (created_at);

-- Attempts to sign in with a wrong password, counted for some minutes.
CREATE TABLE wrong_passwords (
    -- Fingerprint of the address that was typed, whether it has an account or not.
    account    TEXT NOT NULL,
    -- Fingerprint of the network.
    network    TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX wrong_passwords_by_account ON wrong_passwords (account, created_at);
CREATE INDEX wrong_passwords_by_network ON wrong_passwords (network, created_at);
CREATE INDEX wrong_passwords_by_time ON wrong_passwords (created_at);

-- To find what an account has just done, which it may undo.
CREATE INDEX moderation_log_by_actor ON moderation_log (actor, created_at);
