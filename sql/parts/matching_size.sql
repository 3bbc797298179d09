-- Part: the filters on the size.
and size = :size_eq::bigint  -- if size_eq
and size <> :size_ne::bigint  -- if size_ne
and size < :size_lt::bigint  -- if size_lt
and size <= :size_lte::bigint  -- if size_lte
and size > :size_gt::bigint  -- if size_gt
and size >= :size_gte::bigint  -- if size_gte
and size = any(:size_in::bigint[])  -- if size_in
