-- Search rooms: those that pass all filters, in the order in which they were added.
--
-- A line that ends in `-- if NAME` is sent only when the parameter NAME is given, so a filter that
-- is not given costs nothing and one that is can use its index. `:name` is psql's own spelling.
select
  code,
  size,
  price,
  longitude,
  latitude
from room
where true
  and code = :code_eq::uuid  -- if code_eq
  and code <> :code_ne::uuid  -- if code_ne
  and code = any(:code_in::uuid[])  -- if code_in
  and size = :size_eq::bigint  -- if size_eq
  and size <> :size_ne::bigint  -- if size_ne
  and size < :size_lt::bigint  -- if size_lt
  and size <= :size_lte::bigint  -- if size_lte
  and size > :size_gt::bigint  -- if size_gt
  and size >= :size_gte::bigint  -- if size_gte
  and size = any(:size_in::bigint[])  -- if size_in
  and price = :price_eq::bigint  -- if price_eq
  and price <> :price_ne::bigint  -- if price_ne
  and price < :price_lt::bigint  -- if price_lt
  and price <= :price_lte::bigint  -- if price_lte
  and price > :price_gt::bigint  -- if price_gt
  and price >= :price_gte::bigint  -- if price_gte
  and price = any(:price_in::bigint[])  -- if price_in
  and latitude = :latitude_eq::float8  -- if latitude_eq
  and latitude <> :latitude_ne::float8  -- if latitude_ne
  and latitude < :latitude_lt::float8  -- if latitude_lt
  and latitude <= :latitude_lte::float8  -- if latitude_lte
  and latitude > :latitude_gt::float8  -- if latitude_gt
  and latitude >= :latitude_gte::float8  -- if latitude_gte
  and latitude = any(:latitude_in::float8[])  -- if latitude_in
  and longitude = :longitude_eq::float8  -- if longitude_eq
  and longitude <> :longitude_ne::float8  -- if longitude_ne
  and longitude < :longitude_lt::float8  -- if longitude_lt
  and longitude <= :longitude_lte::float8  -- if longitude_lte
  and longitude > :longitude_gt::float8  -- if longitude_gt
  and longitude >= :longitude_gte::float8  -- if longitude_gte
  and longitude = any(:longitude_in::float8[])  -- if longitude_in
order by id
limit :limit::bigint  -- if limit
