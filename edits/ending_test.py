# SPDX-License-Identifier: GPL-2.0-only
"""Tests, as TAP, that what was started ends: with its command, with a signal, and with who started it."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import tap
from base import TOP

ENDING = TOP / "edits/ending.py"
SECONDS = 60
LEAVES_ONE = "setsid sleep {0} & "
HANGS = LEAVES_ONE + "sleep {0} & sleep {0}"
MACHINE = """
import sys, time
from pathlib import Path
from machine import Machine
Machine(["-M", "none", "-name", sys.argv[1]], Path(sys.argv[2]))
time.sleep(1000)
"""


def running(mark):
    """How many processes, which are not shells or Python, have an argument."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            program, *arguments = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        found += mark in arguments and "python" not in program
    return found


def wait_for(count, mark):
    deadline = time.monotonic() + SECONDS
    while running(mark) != count:
        if time.monotonic() > deadline:
            raise AssertionError(f"{running(mark)} run, not {count}")
        time.sleep(0.1)


def new_mark():
    """An argument of sleep's that no other process has."""
    return f"1{time.monotonic_ns() % 10**9:09}"


def end_with(number, command, count, mark, **options):
    """Start a command, of which some processes come to run; with a signal, all of them end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        wait_for(count, mark)
        process.send_signal(number)
        process.wait(SECONDS)
        wait_for(0, mark)
    finally:
        process.kill()
    return process.returncode


def test_status_of_the_command(_scratch):
    for script, status in (("true", 0), ("exit 7", 7), ("kill -9 $$", 128 + 9)):
        done = subprocess.run([ENDING, "sh", "-c", script])
        assert done.returncode == status, f"{script}: {done.returncode}"


def test_a_command_leaves_nothing(_scratch):
    mark = new_mark()
    subprocess.run([ENDING, "sh", "-c", LEAVES_ONE.format(mark) + "sleep 0.5"], check=True)
    wait_for(0, mark)


def test_all_ends_with_a_signal(_scratch):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        mark = new_mark()
        status = end_with(number, [ENDING, "sh", "-c", HANGS.format(mark)], 3, mark)
        assert status == 128 + number, status


def test_all_ends_though_some_do_not_listen(_scratch):
    mark = new_mark()
    end_with(signal.SIGTERM, [ENDING, "sh", "-c", f"trap '' TERM; {HANGS.format(mark)}"], 3, mark)


def test_all_ends_with_make(_scratch):
    """The Makefile's recipes, of which make knows the shell only. Killed, it can't tell anyone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        mark = new_mark()
        rule = f"hangs:; {HANGS.format(mark)} || true"
        end_with(number, ["make", "-C", TOP, "--eval", rule, "hangs"], 3, mark)


def test_all_ends_with_checks(scratch):
    mark = new_mark()
    (scratch / "make").write_text(f"#!/bin/sh\necho ok 1; {HANGS.format(mark)}\n")
    (scratch / "make").chmod(0o755)
    command = [ENDING, sys.executable, TOP / "edits/checks.py", scratch, "one", "two", "three"]
    end_with(signal.SIGTERM, command, 6, mark, env={**os.environ, "PATH": f"{scratch}:{os.environ['PATH']}"})


def test_the_emulated_machine_ends(scratch):
    """With who started it, by whatever signal."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        mark = new_mark()
        end_with(number, [sys.executable, "-c", MACHINE, mark, scratch / "log"], 1, mark)


if __name__ == "__main__":
    sys.exit(tap.run_tests(tap.tests_in(globals())))
