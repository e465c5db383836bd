-- Tokens of writing apps, codes with which apps get one, and addresses of deleted posts.
-- Times are milliseconds since 1970, UTC.

CREATE TABLE tokens (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of the token, so that a stolen copy of the database opens nothing.
    token      TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    -- Words with a space between them.
    scopes     TEXT NOT NULL,
    -- Address of the app that asked for it. NULL: the author made it.
    client     TEXT,
    -- NULL: made by the command line.
    account_id BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE INDEX tokens_by_account ON tokens (account_id);

-- What the author has allowed an app that has not got its token yet.
CREATE TABLE codes (
    -- SHA-256 of the code.
    code         TEXT PRIMARY KEY,
    client       TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    -- Hash of the app's secret for this sign-in (PKCE).
    challenge    TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    account_id   BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL
);

CREATE INDEX codes_by_account ON codes (account_id);
CREATE INDEX codes_by_time ON codes (created_at);

-- Posts that an app has deleted: their addresses answer 410.
CREATE TABLE gone (
    address TEXT PRIMARY KEY,
    -- Place in the trash of the data folder.
    place   TEXT NOT NULL
);
