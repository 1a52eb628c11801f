"""Where the machine code of this edition of the engine is kept.

numba compiles a function again when its own file changes, and not when a file of a function that
it calls does: after an update, old code would go on inside new. So each edition has a folder, named
by the content of all files whose functions or constants are compiled.
"""

import hashlib
import shutil
from functools import cache
from pathlib import Path

ENGINE = Path(__file__).parents[1]
SYSOPS = ENGINE.parents[1] / "api" / "sysops"
RULES = ("assignment/policy.py", "experts/days.py", "experts/rules.py")
"""Files of the API whose constants are compiled in."""


@cache
def folder() -> Path:
    """May not be there yet."""
    sources = [
        *ENGINE.rglob("*.py"),
        *(
            SYSOPS / name
            for name in ("assignment/policy.py", "experts/days.py", "experts/rules.py")
        ),
    ]
    content = hashlib.sha256()
    for source in sorted(sources):
        content.update(source.read_bytes())
    return ENGINE / "__pycache__" / f"compiled-{content.hexdigest()[:16]}"


def remove_others() -> None:
    """Removes the code of other editions; who runs one has it in memory."""
    for other in folder().parent.glob("compiled-*"):
        if other != folder():
            shutil.rmtree(other, ignore_errors=True)
