-- Clients that register themselves (RFC 7591), and the initial access tokens that allow it. `registration` is null for
-- all other clients: under which token and policy this one came, and the hash of what it manages itself with (RFC 7592).
ALTER TABLE clients DROP CONSTRAINT clients_managed_by_check;
ALTER TABLE clients
  ADD CONSTRAINT clients_managed_by_check CHECK (managed_by IN ('file', 'staff', 'built-in', 'dynamic')),
  ADD COLUMN registration jsonb CHECK ((registration IS NOT NULL) = (managed_by = 'dynamic'));
CREATE UNIQUE INDEX clients_by_registration_access ON clients ((registration ->> 'accessHash'))
  WHERE registration ->> 'accessHash' IS NOT NULL;

-- Of a token the hash alone is kept. A row stays when its token is over: clients that came by it name it.
CREATE TABLE registration_tokens (
  id             text COLLATE "C" PRIMARY KEY,
  hash           text COLLATE "C" NOT NULL UNIQUE,
  name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  policy         jsonb NOT NULL,
  clients_max    integer NOT NULL CHECK (clients_max > 0),
  clients_count  integer NOT NULL DEFAULT 0 CHECK (clients_count BETWEEN 0 AND clients_max),
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL CHECK (expires_at > created_at),
  revoked_at     timestamptz
);
