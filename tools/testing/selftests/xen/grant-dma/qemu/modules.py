# SPDX-License-Identifier: GPL-2.0-only
"""The modules of the kernel `modules`, for guests that load them."""

from pathlib import Path

from paths import HERE, KERNELS

MADE = KERNELS / "modules"


def files():
    """For Guest(files=...): all modules, and load.sh, which knows how to load them."""
    built = [MADE / Path(name).with_suffix(".ko") for name in (MADE / "modules.order").read_text().split()]
    return {"load.sh": HERE / "guest/load.sh"} | {f"modules/{path.name}": path for path in built}
