-- Name the state of the stock, so that a client that has seen it is told without a search.
select
  :stock_version
as version
