-- Passkeys of the accounts of the desk.
-- Times are milliseconds since 1970, UTC.

CREATE TABLE passkeys (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Browser and system in which it was made.
    device     TEXT NOT NULL,
    -- Id of the credential, in base64url.
    credential TEXT NOT NULL UNIQUE,
    -- SubjectPublicKeyInfo in DER, in base64url.
    public_key TEXT NOT NULL,
    -- Count of its signatures; 0 if it does not count.
    counter    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);

CREATE INDEX passkeys_by_account ON passkeys (account_id);
