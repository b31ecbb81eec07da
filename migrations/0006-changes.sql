-- What processes keep in memory, and how often it was changed: each of them asks once a second which of these went up
-- (src/changes). One row a topic, counted up within the transaction that changes something: whoever sees a version sees
-- everything that was committed under it, because two such transactions wait for each other here.

CREATE TABLE changes (
  topic    text COLLATE "C" PRIMARY KEY,
  version  bigint NOT NULL DEFAULT 1
);

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes AS known (topic) VALUES (TG_ARGV[0])
  ON CONFLICT (topic) DO UPDATE SET version = known.version + 1;
  RETURN NULL;
END $$;

CREATE TRIGGER signing_keys_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON signing_keys
  FOR EACH STATEMENT EXECUTE FUNCTION note_change('signing_keys');
CREATE TRIGGER clients_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON clients
  FOR EACH STATEMENT EXECUTE FUNCTION note_change('clients');
CREATE TRIGGER resource_servers_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON resource_servers
  FOR EACH STATEMENT EXECUTE FUNCTION note_change('resource_servers');
