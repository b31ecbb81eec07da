-- What expires, where there is no Redis: the demo and the smallest installation (src/expiring, adapters/postgres/expiring.ts).
-- Ordinary tables, and commits that are waited for: with less, a crash could bring a code back that was redeemed.

CREATE DOMAIN lifetime_seconds AS integer CHECK (VALUE > 0);

-- A row that has expired counts as absent until a sweep takes it.
CREATE TABLE expiring (
  key         text COLLATE "C" PRIMARY KEY,
  value       text COLLATE "C" NOT NULL,
  expires_at  timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX expiring_by_time ON expiring (expires_at);

-- Under which lists a key is found again. A row here may outlive its key, never the other way round.
CREATE TABLE expiring_indexes (
  name        text COLLATE "C" NOT NULL,
  key         text COLLATE "C" NOT NULL,
  expires_at  timestamptz NOT NULL,
  PRIMARY KEY (name, key)
);
CREATE INDEX expiring_indexes_by_time ON expiring_indexes (expires_at);

-- One round trip and one transaction for each operation. Time is read after a row is locked: a caller who waited for
-- the row must not see as living what expired meanwhile. Everybody locks the key first and its index rows after it.

CREATE FUNCTION expiring_index(its_key text, names text[], until timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO expiring_indexes AS known (name, key, expires_at)
  SELECT DISTINCT name, its_key, until FROM unnest(names) AS name
  ON CONFLICT (name, key) DO UPDATE SET expires_at = greatest(known.expires_at, excluded.expires_at)
$$;

CREATE FUNCTION expiring_put(its_key text, new_value text, seconds lifetime_seconds, names text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := clock_timestamp() + make_interval(secs => seconds);
BEGIN
  INSERT INTO expiring AS standing (key, value, expires_at) VALUES (its_key, new_value, until)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at;
  IF cardinality(names) > 0 THEN
    PERFORM expiring_index(its_key, names, until);
  END IF;
END $$;

CREATE FUNCTION expiring_reserve(its_key text, new_value text, seconds lifetime_seconds, names text[])
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz;
  standing_value text;
BEGIN
  LOOP
    until := clock_timestamp() + make_interval(secs => seconds);
    INSERT INTO expiring AS standing (key, value, expires_at) VALUES (its_key, new_value, until)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
      WHERE standing.expires_at <= clock_timestamp();
    IF FOUND THEN
      PERFORM expiring_index(its_key, names, until);
      RETURN new_value;
    END IF;
    -- The insert has locked the row that won: what this statement reads is what really stands.
    SELECT value INTO standing_value FROM expiring WHERE key = its_key AND expires_at > clock_timestamp();
    IF FOUND THEN
      RETURN standing_value;
    END IF;
    -- It expired between the two statements.
  END LOOP;
END $$;

CREATE FUNCTION expiring_swap(
  its_key text, before_value text, after_value text, seconds lifetime_seconds, names text[],
  OUT swapped boolean, OUT current_value text
) LANGUAGE plpgsql AS $$
DECLARE
  standing_until timestamptz;
BEGIN
  swapped := false;
  -- Waits for whoever is changing the row, and then reads what they have left.
  SELECT value, expires_at INTO current_value, standing_until FROM expiring WHERE key = its_key FOR UPDATE;
  IF standing_until <= clock_timestamp() THEN
    current_value := NULL;
  END IF;
  IF current_value IS DISTINCT FROM before_value THEN
    RETURN;
  END IF;
  standing_until := coalesce(clock_timestamp() + make_interval(secs => seconds), standing_until);
  UPDATE expiring SET value = after_value, expires_at = standing_until WHERE key = its_key;
  IF cardinality(names) > 0 THEN
    PERFORM expiring_index(its_key, names, standing_until);
  END IF;
  swapped := true;
  current_value := NULL;
END $$;
