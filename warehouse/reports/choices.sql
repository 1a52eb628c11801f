-- What the filters offer.
select 'region' as filter, region as value, region as label
from dim_location
union
select 'state', state, state_name
from dim_location
union
select 'plan', plan_code, plan_name
from dim_support_plan
where is_current
union
select 'device', device_type, device_name
from dim_device_type
union
select 'expert', cast(expert_id as varchar), expert_label(location_key, expert_id)
from dim_expert
order by filter, label, value
