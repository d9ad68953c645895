# SPDX-License-Identifier: GPL-2.0-only
"""Guests that show whether the test bed gives back what they leave, and notices those that fail or hang."""

import scan
from bed import Guest
from judges import Test


def judge_fine(result):
    """What a guest leaves comes back."""
    yield "exit status of the commands is given back", result.status == 3, f"{result.status}", ""
    yield "files of a guest are given back", (result.out / "file").read_text() == "left\n", "", ""
    yield "device tree of a guest is given back", (result.out / "guest.dtb").stat().st_size > 0, "", ""
    yield "a guest without fault has no problems", not result.problems, result.problems, ""


def judge_planted(result):
    """Trouble in its log is a problem, unless it is allowed."""
    found = any("BUG: planted" in line for line in result.problems)
    yield "a planted BUG is reported", found, result.problems, ""
    found = scan.scan(result.log, ["planted"])
    yield "a planted BUG that is allowed is not reported", not found, found, ""


def judge_hangs(result):
    """Its time was over."""
    found = any("not finished" in line for line in result.problems)
    yield "a guest that hangs is reported", found, result.problems, ""


def judge_dies(result):
    """It comes after the one that hangs."""
    found = any("Kernel panic" in line for line in result.problems)
    yield "a guest that dies is reported, after one that hung", found, result.problems, ""


TESTS = [
    Test(Guest("fine", "echo left >$OUT/file; exit 3", devices=[]), judge_fine, provokes=True),
    Test(Guest("planted", "echo 'BUG: planted' >/dev/kmsg", devices=[]), judge_planted, provokes=True),
    Test(Guest("hangs", "sleep 1000", devices=[], seconds=10), judge_hangs, provokes=True),
    Test(Guest("dies", "echo c >/proc/sysrq-trigger", devices=[]), judge_dies, provokes=True),
]
