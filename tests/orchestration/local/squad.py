"""The command `squad` on a small platform: `python -m tests.orchestration.local.squad ...`."""

from orchestration.local.blueprint import Blueprint
from orchestration.local.cli import main
from tests.orchestration.local.platforms import WEB, heart

if __name__ == "__main__":
    main(prog_name="squad", obj=Blueprint((WEB, heart())))
