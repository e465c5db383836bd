-- Links by mail that open a commenter's corner.
-- Times are milliseconds since 1970, UTC.

-- Who asked for one, as the fingerprint of a network: so that nobody asks for very many. Not for which address, and
-- whether that is known makes no difference here.
CREATE TABLE corner_asked (
    network    TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX corner_asked_by_network ON corner_asked (network, created_at);

-- Whose comments a confirmed address opens.
CREATE INDEX confirmations_by_commenter ON confirmations (commenter);
