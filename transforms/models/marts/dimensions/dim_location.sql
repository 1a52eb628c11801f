-- A ticket on its way to sysops is at an address of its customer.
with
    places as (
        select state, zip3
        from {{ ref("stg_customer__address") }}
        union
        select state, zip3
        from {{ ref("stg_sysops__ticket") }}
        union
        select state, zip3
        from {{ ref("stg_sysops__expert") }}
    )

select
    {{ location_key("places.state", "places.zip3") }} as location_key,
    places.state,
    coalesce(us_state.state_name, places.state) as state_name,
    coalesce(us_state.region, 'Unknown') as region,
    coalesce(us_state.division, 'Unknown') as division,
    places.zip3,
    zip3.latitude,
    zip3.longitude
from places
left join {{ ref("us_state") }} as us_state on us_state.state = places.state
left join {{ ref("zip3") }} as zip3 on zip3.zip3 = places.zip3
