with
    latest_address as (
        select
            *,
            row_number() over (
                partition by customer_id order by created_at desc, address_id desc
            ) as place
        from {{ ref("stg_customer__address") }}
    ),

    contracts as (
        select
            customer_id,
            min(starts_on) as first_contract_on,
            cast(
                count(*) filter (where status = 'active') as integer
            ) as active_contracts,
            max(
                case when status = 'active' and standing = 'suspended' then 1 else 0 end
            )
            = 1 as is_suspended
        from {{ ref("stg_customer__contract") }}
        group by customer_id
    ),

    cards as (
        select customer_id, cast(count(*) as integer) as stored_cards
        from {{ ref("stg_customer__card") }}
        where status = 'stored'
        group by customer_id
    )

select
    account.customer_id,
    {{ location_key("address.state", "address.zip3") }} as location_key,
    address.state,
    address.time_zone,
    coalesce(preference.arrival_channel, 'sms') as arrival_channel,
    contracts.first_contract_on,
    coalesce(contracts.active_contracts, 0) as active_contracts,
    coalesce(contracts.is_suspended, false) as is_suspended,
    coalesce(cards.stored_cards, 0) as stored_cards,
    account.created_at
from {{ ref("stg_customer__account") }} as account
left join
    latest_address as address
    on address.customer_id = account.customer_id
    and address.place = 1
left join
    {{ ref("stg_customer__notification_preference") }} as preference
    on preference.customer_id = account.customer_id
left join contracts on contracts.customer_id = account.customer_id
left join cards on cards.customer_id = account.customer_id
