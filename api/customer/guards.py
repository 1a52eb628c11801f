"""Who may use the customer API's routes."""

from api.kernel.auth import Requires

ROLE = "customer"
CUSTOMERS = [Requires(ROLE)]
