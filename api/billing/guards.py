"""Who may look at billing, and who may decide."""

from api.kernel.auth import Requires

READERS = [Requires("finance", "administrator")]
DECIDERS = [Requires("finance")]
