#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run a command, and end all that it started when it ends, or when this program is told to: ending.py COMMAND...

Make tells its children of SIGTERM, but a shell or flock between them dies of it and leaves its own behind. A process
whose parent died becomes a child of this one, so none is out of reach.
"""
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_END = 5


def descendants():
    """The processes below this one."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name before it is in brackets, and may hold anything.
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [os.getpid()]
    for pid in found:
        found += children.get(pid, [])
    return found[1:]


def reap():
    """Take note of children that ended; whether there are others."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def end_all():
    """End the processes below this one: all are asked, what has not ended in time is killed."""
    for pid in descendants():
        signal_to(pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_END
    while reap():
        if time.monotonic() > deadline:
            for pid in descendants():
                signal_to(pid, signal.SIGKILL)
        time.sleep(0.05)


def signal_to(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def stop(number, _frame):
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def main(command):
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        main_child = os.posix_spawnp(command[0], command, os.environ)
        while True:
            pid, status = os.wait()
            if pid == main_child:
                return os.waitstatus_to_exitcode(status)
    finally:
        end_all()


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.exit(status if status >= 0 else 128 - status)
