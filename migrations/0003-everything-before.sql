-- After a restore, or when an operator signs everybody out, one moment holds for the whole installation: the row
-- ('everything', 'all'). It says so for whatever a surviving Redis still holds, which nobody could list.

ALTER TABLE not_before DROP CONSTRAINT not_before_kind_check;
ALTER TABLE not_before ADD CONSTRAINT not_before_kind_check
  CHECK (kind IN ('person', 'client', 'session') OR (kind = 'everything' AND id = 'all'));
