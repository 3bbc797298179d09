-- Remove what waits for some searches.
delete from notification where search = any(:searches::uuid[])
