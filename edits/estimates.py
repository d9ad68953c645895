# SPDX-License-Identifier: GPL-2.0-only
"""How long checks will take, by what they took before, in any clone of this user.

All is counted in times of the machine's pace (speed.py), so that it holds when the machine is slower. What a check
builds counts by itself: a kernel that was built before takes the little that ccache leaves.
"""
import json

from base import TOP
from store import CACHE

NOTES = CACHE / "estimates.json"
# In times of the pace, for what was never seen.
CHECK, KERNEL, PIECES = 300, 500, 500
LONG = {"bed": 1000, "arrival": 1500, "bisect": 2000, "debug": 600, "modules": 700}
AGAIN = 100  # for a kernel that ccache knows
FORGET = 0.8  # of a longest time each time that it takes less


class Estimates:
    def __init__(self, pace, notes=NOTES):
        self.pace, self.notes = pace, notes
        self.known = json.loads(notes.read_text()) if notes.exists() else {}

    def of(self, check):
        """Seconds that a check is going to take."""
        own = self.known.get(check.name, LONG.get(check.name, CHECK))
        return self.pace * (own + sum(map(self.of_kernel, check.kernels))
                            + (PIECES if check.kernels and not self.has_pieces() else 0))

    def of_kernel(self, kernel):
        if any((TOP / kernel).glob("arch/*/boot/*Image")):
            return 0
        return AGAIN if kernel in self.known else KERNEL

    def has_all(self, check):
        """Whether what a check builds was built before."""
        return not check.kernels or self.has_pieces() and all(self.of_kernel(each) < KERNEL for each in check.kernels)

    @staticmethod
    def has_pieces():
        return any(CACHE.glob("dom0-*"))

    def learn(self, check):
        """Note what a check took, and that its kernels are known."""
        if check.overdue is not None or not check.results.results:
            return
        own = (check.seconds - (check.began or 0)) / self.pace
        self.known[check.name] = max(own, FORGET * self.known.get(check.name, 0))
        self.known |= {kernel: 1 for kernel in check.kernels}
        self.notes.parent.mkdir(parents=True, exist_ok=True)
        self.notes.write_text(json.dumps(self.known, indent=1, sort_keys=True))
