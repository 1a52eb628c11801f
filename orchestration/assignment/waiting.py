"""Which tickets an expert is looked for, as runs and the sensor ask for them in SQL."""

from typing import Final

from api.sysops.tickets.visit_rules import ABSENCES_TO_CALL

# A ticket that waits for a call is left alone; one whose plan was changed is served.
WAITS: Final = f"""
t.status IN ('open', 'escalated') AND (e.status = 'active' OR e.replaced_by IS NOT NULL)
AND e.standing = 'good'
AND NOT (t.status = 'escalated' AND t.customer_absences >= {ABSENCES_TO_CALL})
"""
"""Of a ticket `t` and the entitlement `e` of its contract."""
