-- Which process does the work that has to have one doer (src/leases). The clock is the database's: those of the processes
-- may differ. Rows and no advisory locks, which would need a session of their own and so cannot pass a PgBouncer.
CREATE TABLE leases (
  name        text COLLATE "C" PRIMARY KEY,
  holder      text NOT NULL,
  expires_at  timestamptz NOT NULL
);
