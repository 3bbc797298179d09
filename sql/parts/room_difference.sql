-- Part: how different a room is from another one, operation for operation as rentomatic.domain.similarity
-- computes it.
distance / 1000
+ ln(greatest(price, :price::bigint, 1)::float8 / greatest(least(price, :price::bigint), 1)) / ln(1.25::float8)
+ ln(greatest(size, :size::integer)::float8 / least(size, :size::integer)) / ln(1.25::float8)
