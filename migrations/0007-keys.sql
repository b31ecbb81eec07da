-- breaking: the keys stand in a table of their own, with the moments at which each begins to sign and is withdrawn
-- A key is announced before it is used and kept for a while afterwards, and which of these holds follows from the time
-- alone (src/keys/life-cycle.ts): all processes change over at one moment, and nobody has to be there to change a row.
-- Of each purpose there is one key that nothing follows yet; the others end where the next one begins.

CREATE TABLE keys (
  id             text COLLATE "C" PRIMARY KEY,
  purpose        text NOT NULL CHECK (purpose IN ('ES256', 'RS256', 'cookies', 'fingerprints')),
  -- Of a key pair; its `kid` is `id`.
  public_jwk     jsonb,
  -- By the key-encryption key whose identifier is `sealed_by`.
  sealed         bytea NOT NULL,
  sealed_by      text NOT NULL,
  announced_at   timestamptz NOT NULL,
  active_from    timestamptz NOT NULL CHECK (active_from >= announced_at),
  retiring_from  timestamptz CHECK (retiring_from >= active_from),
  retired_from   timestamptz CHECK (retired_from >= retiring_from),
  CHECK ((retiring_from IS NULL) = (retired_from IS NULL)),
  CHECK ((public_jwk IS NULL) = (purpose IN ('cookies', 'fingerprints')))
);
CREATE UNIQUE INDEX keys_newest ON keys (purpose) WHERE retiring_from IS NULL;

CREATE TRIGGER keys_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON keys
  FOR EACH STATEMENT EXECUTE FUNCTION note_change('keys');

INSERT INTO keys (id, purpose, public_jwk, sealed, sealed_by, announced_at, active_from)
SELECT kid, alg, public_jwk, sealed_private, sealed_by, created_at, created_at
FROM signing_keys WHERE state = 'active';

-- A server of the version before, which runs on, has its keys in memory.
DROP TABLE signing_keys;
DROP FUNCTION add_first_signing_keys;
DELETE FROM changes WHERE topic = 'signing_keys';
