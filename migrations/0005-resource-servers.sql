-- APIs that accept our access tokens (RFC 8707). `id` is the address that clients send as `resource` and that stands as
-- `aud` in tokens; what a client may ask of one stands in the client's own metadata.
CREATE TABLE resource_servers (
  id           text COLLATE "C" PRIMARY KEY CHECK (position('://' IN id) > 0),
  managed_by   text NOT NULL CHECK (managed_by IN ('file', 'staff', 'built-in')),
  metadata     jsonb NOT NULL,
  disabled_at  timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);
