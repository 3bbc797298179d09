-- Part: the data version, and how many rooms each counted room stands for: one, or, if only a sample is
-- counted, as many as make the sample about :sample rooms.
select
  :data_version
  as version,
  1
  + (select (max(id) - min(id)) / :sample::bigint from room)  -- if sample
  as weight
