-- Files that wait between the dry run of an import on the page and the import itself, for an hour. The
-- next request may reach another process or machine, so they wait here.
--
-- Unlogged: they are written without the write-ahead log, are in no backup, and are gone after a crash;
-- then they must be uploaded again.
create unlogged table upload (
  -- Who uploaded it, the only one who can read it.
  owner text not null,
  -- Of the file's bytes.
  digest text not null,
  created timestamptz not null default now(),
  -- How many pieces it has.
  pieces integer not null default 0,
  primary key (owner, digest)
);

-- For those that have expired.
create index upload_created_idx on upload (created);

create unlogged table upload_piece (
  owner text not null,
  digest text not null,
  number integer not null,
  piece bytea not null,
  primary key (owner, digest, number),
  foreign key (owner, digest) references upload on delete cascade
);

-- Most files are text that compresses well, but an hour is too short for that to pay.
alter table upload_piece alter column piece set storage external;
