-- Return the data version, so that a client that has seen it can be answered without a search.
select
  :data_version
as version
