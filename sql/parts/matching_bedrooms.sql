-- Part: the filters on the bedrooms.
and (bedrooms is null) = :bedrooms_null::boolean  -- if bedrooms_null
and bedrooms = :bedrooms_eq::bigint  -- if bedrooms_eq
and bedrooms <> :bedrooms_ne::bigint  -- if bedrooms_ne
and bedrooms < :bedrooms_lt::bigint  -- if bedrooms_lt
and bedrooms <= :bedrooms_lte::bigint  -- if bedrooms_lte
and bedrooms > :bedrooms_gt::bigint  -- if bedrooms_gt
and bedrooms >= :bedrooms_gte::bigint  -- if bedrooms_gte
and bedrooms = any(:bedrooms_in::bigint[])  -- if bedrooms_in
