-- Which relying parties are still to be told that a session has ended (OpenID Connect Back-Channel Logout 1.0). A row is
-- written with what ends the session, and goes when the relying party has confirmed: nothing of a person is kept here
-- for longer than somebody has to act on it (src/logout-deliveries).
CREATE TABLE logout_deliveries (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id    text COLLATE "C" NOT NULL,
  person_id    uuid NOT NULL,
  -- What the relying party calls the session by. One that was told needs no second row.
  sid          text COLLATE "C" NOT NULL,
  ended_at     timestamptz NOT NULL,
  attempts     integer NOT NULL DEFAULT 0,
  -- Whoever takes a row moves this on, so that nobody else takes it meanwhile.
  due_at       timestamptz NOT NULL,
  until        timestamptz NOT NULL,
  failure      text,
  given_up_at  timestamptz,
  UNIQUE (client_id, sid)
);
CREATE INDEX logout_deliveries_due ON logout_deliveries (client_id, due_at) WHERE given_up_at IS NULL;
CREATE INDEX logout_deliveries_until ON logout_deliveries (until) WHERE given_up_at IS NULL;
CREATE INDEX logout_deliveries_given_up ON logout_deliveries (given_up_at) WHERE given_up_at IS NOT NULL;

-- An end that was set where the sessions themselves were not at hand: whoever leads finds them, and tells of each.
ALTER TABLE not_before ADD COLUMN untold boolean NOT NULL DEFAULT false;
CREATE INDEX not_before_untold ON not_before (at) WHERE untold;
