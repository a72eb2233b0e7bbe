-- name: links_of_order(warehouse, order_number)
SELECT tracking_link FROM announcements JOIN labels ON labels.code = announcements.code
WHERE announcements.order_number = :order_number AND labels.warehouse = :warehouse AND tracking_link <> '';

-- name: codes_with_link(warehouse, link)
SELECT DISTINCT code FROM labels WHERE warehouse = :warehouse AND tracking_link = :link LIMIT 2;
