-- How far the store of what expires had come when it was last seen (src/expiring/continuity.ts). Where it is found behind
-- this, it was wiped or set back, and whatever was issued before is refused.

CREATE TABLE expiring_marks (
  name  text COLLATE "C" PRIMARY KEY,
  mark  bigint NOT NULL
);
