select account_id as customer_id, arrival_channel
from {{ source("customer", "notification_preference") }}
