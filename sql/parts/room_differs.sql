-- Part: whether room_assignments would change a stored room.
(
  false
  or room.size is distinct from excluded.size  -- if sets_size
  or room.price is distinct from excluded.price  -- if sets_price
  or room.longitude is distinct from excluded.longitude  -- if sets_longitude
  or room.latitude is distinct from excluded.latitude  -- if sets_latitude
  or room.title is distinct from excluded.title  -- if sets_title
  or room.description is distinct from excluded.description  -- if sets_description
  or room.url is distinct from excluded.url  -- if sets_url
  or room.image is distinct from excluded.image  -- if sets_image
  or room.city is distinct from excluded.city  -- if sets_city
  or room.bedrooms is distinct from excluded.bedrooms  -- if sets_bedrooms
  or room.available_from is distinct from excluded.available_from  -- if sets_available_from
  or room.reference is distinct from excluded.reference  -- if sets_reference
)
