-- Part: the filters on the price.
and price = :price_eq::bigint  -- if price_eq
and price <> :price_ne::bigint  -- if price_ne
and price < :price_lt::bigint  -- if price_lt
and price <= :price_lte::bigint  -- if price_lte
and price > :price_gt::bigint  -- if price_gt
and price >= :price_gte::bigint  -- if price_gte
and price = any(:price_in::bigint[])  -- if price_in
