"""Who may use the customer API's routes."""

from api.kernel.auth import Requires

ROLE = "customer"
CUSTOMERS = [Requires(ROLE)]
# Staff sign in at sysops; of this quantum's routes the following are theirs, and no other.
KEEPERS_OF_DATA_REQUESTS = [Requires("administrator")]
KEEPERS_OF_SURVEYS = [Requires("administrator")]
READERS_OF_ANSWERS = [Requires("manager")]
