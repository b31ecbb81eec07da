-- What must last: people and what they prove, clients and what they may, keys, consents, audit.
-- Times are timestamptz; identifiers of ours are uuid; numbers of people (学工号) are text, never integers. Text that is a
-- key has the collation "C": it is compared byte by byte, and lists have one order whatever the locale of the server.

CREATE TABLE people (
  id          uuid PRIMARY KEY,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  state       text NOT NULL DEFAULT 'active' CHECK (state IN ('pending', 'active', 'suspended', 'closed')),
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- One person gains identities over the years (freshman, student, staff, alumnus); a number is never used again.
CREATE TABLE identities (
  id            uuid PRIMARY KEY,
  person_id     uuid NOT NULL REFERENCES people (id),
  number        text COLLATE "C" NOT NULL UNIQUE CHECK (number ~ '^[0-9A-Za-z]{4,32}$'),
  type          text NOT NULL CHECK (length(type) BETWEEN 1 AND 40),
  organisation  text CHECK (length(organisation) <= 200),
  is_primary    boolean NOT NULL DEFAULT false,
  valid_from    timestamptz NOT NULL DEFAULT now(),
  valid_to      timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now(),
  CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX identities_of_person ON identities (person_id);
CREATE UNIQUE INDEX identities_one_primary ON identities (person_id) WHERE is_primary;

-- Every word that may stand in the account field: numbers and aliases, folded (see src/people). Unique over all people.
CREATE TABLE logins (
  login      text COLLATE "C" PRIMARY KEY CHECK (length(login) BETWEEN 1 AND 100),
  person_id  uuid NOT NULL REFERENCES people (id),
  kind       text NOT NULL CHECK (kind IN ('number', 'alias'))
);
CREATE INDEX logins_of_person ON logins (person_id);

-- What a person can prove for years. `data` is the kind's own shape; secrets in it are hashed or sealed.
CREATE TABLE credentials (
  person_id   uuid NOT NULL REFERENCES people (id),
  kind        text COLLATE "C" NOT NULL,
  label       text COLLATE "C" NOT NULL DEFAULT '',
  data        jsonb NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person_id, kind, label)
);

-- Consecutive failures, kept here so that neither a restart nor a lost Redis forgets them (NIST SP 800-63B-4 §3.2.2).
-- `scope` is 'unknown' for devices that never signed this person in, else the known device's identifier.
CREATE TABLE credential_failures (
  person_id   uuid NOT NULL REFERENCES people (id),
  kind        text COLLATE "C" NOT NULL,
  scope       text COLLATE "C" NOT NULL,
  count       integer NOT NULL CHECK (count > 0),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person_id, kind, scope)
);

-- Whatever was issued before this moment is refused, also after Redis was wiped or rolled back. After `expires_at`
-- nothing can exist that was issued before `at`: the row may go.
CREATE TABLE not_before (
  kind        text COLLATE "C" NOT NULL CHECK (kind IN ('person', 'client', 'session')),
  id          text COLLATE "C" NOT NULL,
  at          timestamptz NOT NULL,
  reason      text NOT NULL,
  expires_at  timestamptz,
  PRIMARY KEY (kind, id)
);
CREATE INDEX not_before_expiring ON not_before (expires_at) WHERE expires_at IS NOT NULL;

-- The `sub` that a sector knows a person by. Rows are never deleted, so no `sub` ever names somebody else; when two
-- people turn out to be one, the rows move and the older of two subjects in a sector stays current.
CREATE TABLE subjects (
  sub         text COLLATE "C" PRIMARY KEY,
  person_id   uuid NOT NULL REFERENCES people (id),
  sector      text COLLATE "C" NOT NULL,
  is_current  boolean NOT NULL DEFAULT true,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX subjects_current ON subjects (person_id, sector) WHERE is_current;

CREATE TABLE clients (
  id             text COLLATE "C" PRIMARY KEY,
  managed_by     text NOT NULL CHECK (managed_by IN ('file', 'staff', 'built-in')),
  metadata       jsonb NOT NULL,
  secret_hashes  jsonb NOT NULL DEFAULT '[]',
  disabled_at    timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
);

-- What a person allowed a third-party client; outlives every session and grant.
CREATE TABLE consents (
  person_id   uuid NOT NULL REFERENCES people (id),
  client_id   text COLLATE "C" NOT NULL REFERENCES clients (id),
  scopes      text[] NOT NULL,
  claims      text[] NOT NULL DEFAULT '{}',
  granted_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person_id, client_id)
);

-- Private halves are sealed by the key-encryption key whose identifier is `sealed_by`.
CREATE TABLE signing_keys (
  kid             text COLLATE "C" PRIMARY KEY,
  alg             text NOT NULL CHECK (alg IN ('ES256', 'RS256')),
  state           text NOT NULL CHECK (state IN ('announced', 'active', 'retiring', 'retired')),
  public_jwk      jsonb NOT NULL,
  sealed_private  bytea NOT NULL,
  sealed_by       text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now()
);

-- Keeps those candidates whose algorithm has no key yet. Of two first starts the later one waits here, and then finds the
-- keys of the other: each statement of a function sees what was committed before it began.
CREATE FUNCTION add_first_signing_keys(candidates jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('campus-id signing keys', 0));
  INSERT INTO signing_keys (kid, alg, state, public_jwk, sealed_private, sealed_by, created_at)
  SELECT kid, alg, state, public_jwk, decode(sealed_private, 'base64'), sealed_by, created_at
  FROM jsonb_to_recordset(candidates) AS candidate
    (kid text, alg text, state text, public_jwk jsonb, sealed_private text, sealed_by text, created_at timestamptz)
  WHERE NOT EXISTS (SELECT FROM signing_keys AS known WHERE known.alg = candidate.alg);
END $$;

-- Append-only. Each writer (a process) has its own chain: hash = SHA-256 over the row and the row before it.
CREATE TABLE audit_events (
  writer      uuid NOT NULL,
  sequence    bigint NOT NULL,
  at          timestamptz NOT NULL,
  event       text NOT NULL,
  result      text NOT NULL CHECK (result IN ('success', 'refused', 'error')),
  reason      text,
  actor       text,
  subject     text,
  client      text,
  address     text,
  device      text,
  request     text,
  details     jsonb NOT NULL DEFAULT '{}',
  previous    bytea NOT NULL,
  hash        bytea NOT NULL,
  PRIMARY KEY (writer, sequence)
);
CREATE INDEX audit_events_by_time ON audit_events (at DESC);
CREATE INDEX audit_events_by_subject ON audit_events (subject, at DESC) WHERE subject IS NOT NULL;

CREATE FUNCTION audit_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_events is append-only';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_append_only();
