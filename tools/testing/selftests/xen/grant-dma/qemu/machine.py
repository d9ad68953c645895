# SPDX-License-Identifier: GPL-2.0-only
"""The emulated machine: a QEMU process that ends when we do, and the terminal on its console.

QEMU_ARGS in the environment are more arguments for it. With GDB set it waits for the debugger, and we for it.
"""

import atexit
import contextlib
import ctypes
import math
import os
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
import tty

PR_SET_PDEATHSIG = 1
GDB = bool(os.environ.get("GDB"))
ARGUMENTS = shlex.split(os.environ.get("QEMU_ARGS", "")) + (["-S", "-gdb", "tcp:127.0.0.1:1234"] if GDB else [])


def deadline(seconds):
    """When a machine has had so many seconds, by the monotonic clock; a debugger stops it for any time."""
    return math.inf if GDB else time.monotonic() + seconds


# It often runs as root, and what it emulates may be hostile.
SANDBOX = "on,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


class Machine:
    """A QEMU process, whose serial line goes to a log."""

    def __init__(self, arguments, log):
        self.log = log
        self.pending = b""
        self.output = log.open("wb")
        libc = ctypes.CDLL(None)
        command = ["qemu-system-aarch64", "-nodefaults", "-no-user-config", "-display", "none",
                   "-sandbox", SANDBOX,
                   "-monitor", "none", "-no-reboot", "-chardev", "stdio,id=serial,signal=off",
                   "-serial", "chardev:serial", *arguments, *ARGUMENTS]
        # Even if we get killed, nothing stays behind.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        atexit.register(self.stop)

    def stop(self):
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        self.output.close()
        atexit.unregister(self.stop)

    def read(self, timeout):
        """What the serial line said within the timeout; None when the machine is off."""
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            return b""
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            return None
        self.output.write(data)
        self.output.flush()
        return data

    def lines(self, timeout):
        """Complete lines of the serial line; None when the machine is off."""
        data = self.read(timeout)
        if data is None:
            return None
        *lines, self.pending = (self.pending + data).split(b"\n")
        return [line.decode(errors="replace").strip() for line in lines]

    def converse(self, first):
        """Connect the user's terminal, from the text `first` on, until the machine is off."""
        backlog = b""
        inputs = [sys.stdin, self.process.stdout]
        with unbuffered_terminal():
            while True:
                ready = select.select(inputs, [], [])[0]
                if sys.stdin in ready:
                    typed = os.read(sys.stdin.fileno(), 4096)
                    if not typed:
                        inputs.remove(sys.stdin)
                    self.process.stdin.write(typed)
                    self.process.stdin.flush()
                if self.process.stdout in ready:
                    data = self.read(0)
                    if data is None:
                        return
                    backlog += data
                    if first in backlog:
                        os.write(sys.stdout.fileno(), backlog[backlog.index(first):])
                        backlog = first = b""


@contextlib.contextmanager
def unbuffered_terminal():
    """What is typed arrives at once and without echo; Ctrl-C goes on interrupting us."""
    if not sys.stdin.isatty():
        yield
        return
    saved = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupted(number, _frame):
    """End on a signal as if the program had come to its end, so that machines are stopped; once."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


for _number in ENDING:
    signal.signal(_number, interrupted)
