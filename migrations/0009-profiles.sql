-- What relying parties may learn of people beyond who they are (src/oidc/claims.ts). Every school has its own code book:
-- codes are rows, never words of the program. A roster fills the tables; only the types of people are here from the start.

-- `affiliations` are those of eduPerson 202208; which types count as `member` decides about licences of the library.
CREATE TABLE person_types (
  code          text COLLATE "C" PRIMARY KEY CHECK (length(code) BETWEEN 1 AND 40),
  name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  name_en       text CHECK (length(name_en) BETWEEN 1 AND 100),
  affiliations  text[] NOT NULL DEFAULT '{}' CHECK (affiliations <@ ARRAY['faculty', 'student', 'staff', 'alum',
    'member', 'affiliate', 'employee', 'library-walk-in', 'other']),
  entitlements  text[] NOT NULL DEFAULT '{}'
);

INSERT INTO person_types (code, name, name_en, affiliations) VALUES
  ('faculty', '专任教师', 'Faculty', '{faculty,employee,member}'),
  ('staff', '职工', 'Staff', '{staff,employee,member}'),
  ('contract', '编外人员', 'Contract staff', '{affiliate}'),
  ('retired', '离退休人员', 'Retired', '{affiliate}'),
  ('undergraduate', '本科生', 'Undergraduate student', '{student,member}'),
  ('master', '硕士研究生', 'Master’s student', '{student,member}'),
  ('doctor', '博士研究生', 'Doctoral student', '{student,member}'),
  ('junior', '专科生', 'Junior college student', '{student,member}'),
  ('international', '国际学生', 'International student', '{student,member}'),
  ('continuing', '继续教育学生', 'Continuing education student', '{student}'),
  ('freshman', '未报到新生', 'Incoming student', '{affiliate}'),
  ('postdoc', '博士后', 'Postdoctoral researcher', '{staff,employee,member}'),
  ('alumni', '校友', 'Alumni', '{alum}'),
  ('visitor', '访客', 'Visitor', '{affiliate}');

-- Words that were used before there was a table: they have a row now, and say nothing to the outside but their code.
INSERT INTO person_types (code, name) SELECT DISTINCT type, type FROM identities ON CONFLICT DO NOTHING;

-- `path`: codes from the top of the school down to the organisation itself.
CREATE TABLE organisations (
  code     text COLLATE "C" PRIMARY KEY CHECK (length(code) BETWEEN 1 AND 40),
  name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  name_en  text CHECK (length(name_en) BETWEEN 1 AND 200),
  path     text[] NOT NULL CHECK (cardinality(path) BETWEEN 1 AND 10 AND path[cardinality(path)] = code)
);

CREATE TABLE majors (
  code     text COLLATE "C" PRIMARY KEY CHECK (length(code) BETWEEN 1 AND 40),
  name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  name_en  text CHECK (length(name_en) BETWEEN 1 AND 200)
);

CREATE TABLE classes (
  code     text COLLATE "C" PRIMARY KEY CHECK (length(code) BETWEEN 1 AND 40),
  name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  name_en  text CHECK (length(name_en) BETWEEN 1 AND 200)
);

-- `organisation` stays: the name where the school has no code for it, and what earlier versions read.
ALTER TABLE identities
  ADD CONSTRAINT identities_type_known FOREIGN KEY (type) REFERENCES person_types (code),
  ADD COLUMN organisation_code text COLLATE "C" CONSTRAINT identities_organisation_known REFERENCES organisations (code),
  ADD COLUMN major_code text COLLATE "C" CONSTRAINT identities_major_known REFERENCES majors (code),
  ADD COLUMN class_code text COLLATE "C" CONSTRAINT identities_class_known REFERENCES classes (code),
  ADD COLUMN grade text CHECK (length(grade) BETWEEN 1 AND 20),
  ADD COLUMN level text CHECK (length(level) BETWEEN 1 AND 40),
  ADD COLUMN admitted_on date,
  ADD COLUMN graduates_on date;

ALTER TABLE people
  ADD COLUMN family_name text CHECK (length(family_name) BETWEEN 1 AND 100),
  ADD COLUMN given_name text CHECK (length(given_name) BETWEEN 1 AND 100),
  ADD COLUMN phone_number text CHECK (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  ADD COLUMN phone_verified_at timestamptz,
  ADD COLUMN email text CHECK (length(email) BETWEEN 3 AND 254),
  ADD COLUMN email_verified_at timestamptz,
  ADD COLUMN orcid text CHECK (orcid ~ '^([0-9]{4}-){3}[0-9]{3}[0-9X]$');

-- What is verified belongs to one person; what somebody merely stated may stand with several.
CREATE UNIQUE INDEX people_verified_phone ON people (phone_number) WHERE phone_verified_at IS NOT NULL;
CREATE UNIQUE INDEX people_verified_email ON people (lower(email)) WHERE email_verified_at IS NOT NULL;
