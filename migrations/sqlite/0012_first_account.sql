-- Time at which the first account was made: a link for the first account is void from then on, also after it is removed.
-- Milliseconds since 1970, UTC.
ALTER TABLE site ADD COLUMN first_account_at INTEGER;
