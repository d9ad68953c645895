# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what check.py makes of what compilers say, and of the verdicts that it keeps, as TAP."""
import importlib.util
import sys

import check
from tap import run_tests, tests_in

OURS = ["drivers/xen/grant-table.c", "drivers/xen/grant-dma/mapping.c", "include/xen/grant-dma.h"]
CHECK = """
def judge(passes, calls):
    calls.append(passes)
    return [] if passes else ["a fault"]
"""


def judge_of(path, code=CHECK):
    """The function of a module that is made of this code."""
    path.write_text(code)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.judge


def asked(scratch, judge, passes, content="content"):
    """Whether a check was done, and what came of it."""
    calls, before = [], (check.CACHE, check.tools)
    check.CACHE, check.tools = scratch / "cache", str
    try:
        faults = check.unless_known_good(content, judge, passes, calls)
    finally:
        check.CACHE, check.tools = before
    return bool(calls), faults


def test_a_good_verdict_is_kept_for_the_same_content(scratch):
    judge = judge_of(scratch / "a.py")
    assert asked(scratch, judge, True) == (True, [])
    assert asked(scratch, judge, True) == (False, [])
    assert asked(scratch, judge, True, "other content") == (True, [])


def test_a_failure_is_not_kept(scratch):
    judge = judge_of(scratch / "a.py")
    assert asked(scratch, judge, False) == asked(scratch, judge, False) == (True, ["a fault"])


def test_a_verdict_is_not_that_of_other_code_of_the_same_name(scratch):
    assert asked(scratch, judge_of(scratch / "a.py"), True) == (True, [])
    changed = judge_of(scratch / "b.py", CHECK.replace("if passes", "if not passes"))
    assert asked(scratch, changed, True) == (True, ["a fault"])


def test_complaints_about_each_of_our_files_count(_):
    for line in ("drivers/xen/grant-table.c:12:3: warning: symbol 'f' was not declared",
                 "/a/linux/drivers/xen/grant-dma/mapping.c:700: warning: Function parameter 'size' not described",
                 "../linux/include/xen/grant-dma.h:3:1: error: unknown type name"):
        assert check.warnings(f"  CC x.o\n{line}\n", OURS) == [line], line


def test_a_kernel_that_runs_no_sparse_is_a_complaint(_):
    line = "Makefile:1311: C=2 specified, but sparse is not available or not up to date"
    assert check.warnings(line, OURS) == [line]


def test_complaints_about_other_files_do_not(_):
    for line in ("include/linux/slab.h:12:3: warning: cast truncates bits", "drivers/xen/grant-table.c:12:3: note: here",
                 "In file included from drivers/xen/grant-table.c:12:", "xdrivers/xen/grant-table.c:1: warning: no"):
        assert check.warnings(line, OURS) == [], line


if __name__ == "__main__":
    sys.exit(run_tests(tests_in(globals())))
