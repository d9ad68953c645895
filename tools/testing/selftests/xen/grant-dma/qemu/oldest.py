# SPDX-License-Identifier: GPL-2.0-only
"""Some of the tests in guests on the oldest release of Xen that is supported, as TAP, or the reason why not.

The other tests run on the newest one that could be had.
"""

import os
import subprocess
import sys
from pathlib import Path

import items
import store
from skipped import reasons, skip


def main():
    """Run them, or say why not."""
    kept = store.kept()
    oldest = kept.find(items.xen(items.OLDEST))
    if not oldest:
        return skip("guests on the oldest release of Xen", reasons(kept, items.xen(items.OLDEST)))
    used = Path(os.environ["FETCHED"])
    if f"FETCHED_xen := {oldest}\n" in used.read_text():
        newer = "another was chosen with XEN" if os.environ.get("XEN") else reasons(kept, items.xen(None))
        return skip(f"guests on a newer release than {store.versions(oldest)}", newer)
    own = used.with_name("fetched-oldest.mk")
    own.write_text(used.read_text() + f"FETCHED_xen := {oldest}\n")
    command = ["make", "-f", "testbed.mk", "check-oldest"]
    return subprocess.run(command, env={**os.environ, "FETCHED": str(own)}).returncode


if __name__ == "__main__":
    sys.exit(main())
