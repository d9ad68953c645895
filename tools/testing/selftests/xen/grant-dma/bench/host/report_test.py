# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the tables that come from the benchmark as a program, as TAP."""

import contextlib
import io
import sys

import counts_test
import report
import tap

TIMES = """\
turn,implementation,direction,row,minimum,median
0,in-tree,to,"4 KiB",60,66
0,strict,to,"4 KiB",20,22
1,strict,to,"4 KiB",24,30
1,in-tree,to,"4 KiB",48,60
2,in-tree,to,"4 KiB",50,100
2,strict,to,"4 KiB",25,40
0,in-tree,from,"4 KiB",1234.5,2000
0,strict,from,"4 KiB",1234.5,1000
"""
COUNTS = """\
implementation,direction,row,instructions
in-tree,to,"64 B",700
in-tree,from,"64 B",800
strict,to,"64 B",400
strict,from,"64 B",300
"""


def equal(found, wanted):
    assert found == wanted, f"{found!r} instead of {wanted!r}"


def column(rows, name):
    return [row[rows[0].index(name)] for row in rows[1:]]


def test_a_ratio_compares_what_was_measured_in_the_same_turn(_):
    rows = list(report.time_table(TIMES.splitlines()))
    equal(column(rows, "in-tree ÷ strict"), ["2.40, 2.50 (2.00–3.00)"])
    equal(column(rows, "from the device"), ["1.00, 2.00 (2.00–2.00)"])


def test_least_and_median_of_all_turns_are_shown(_):
    rows = list(report.time_table(TIMES.splitlines()))
    equal(column(rows, "in-tree"), ["48 / 66"])
    equal(column(rows, "strict"), ["20 / 30"])


def test_what_was_not_measured_is_missing(_):
    rows = list(report.time_table(line for line in TIMES.splitlines() if ",strict," not in line))
    equal(column(rows, "full") + column(rows, "in-tree ÷ strict"), ["–", "–"])


def test_a_turn_that_lacks_one_of_two_is_refused(_):
    lines = TIMES.splitlines()
    del lines[1]
    try:
        list(report.time_table(lines))
    except ValueError:
        return
    raise AssertionError("turns were compared with others")


def test_the_direction_with_more_instructions_counts(_):
    rows = list(report.count_table(COUNTS.splitlines()))
    equal([rows[1][0], *column(rows, "in-tree"), *column(rows, "strict")], ["64 B", "800", "400"])
    equal(column(rows, "in-tree ÷ strict"), ["2.00"])


def test_a_table_takes_the_place_of_the_old_one(_):
    document = "text\n\n.. figures begins here\n\nold \\1\n.. figures ends here\n\nmore\n"
    equal(report.put(document, "figures", "new \\1"),
          "text\n\n.. figures begins here\n\nnew \\1\n.. figures ends here\n\nmore\n")


def test_a_document_without_a_place_is_refused(_):
    try:
        report.put("text\n", "figures", "new")
    except ValueError:
        return
    raise AssertionError("a table went nowhere")


def judged(first, second, known, compiler="gcc 12"):
    """Whether counts pass, or why they are skipped."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        results = tap.Tap()
        counts_test.report(first, second, known, compiler, results)
    return said.getvalue().partition("SKIP ")[2].strip() or not results.failed


def test_more_instructions_than_are_known_fail(_):
    known = f"# gcc 12\n{COUNTS}"
    equal(judged(COUNTS, COUNTS, known), True)
    few, many = COUNTS.replace("400", "410"), COUNTS.replace("400", "420")
    equal(judged(few, few, known), True)
    equal(judged(many, many, known), False)


def test_instructions_that_differ_from_run_to_run_fail(_):
    equal(judged(COUNTS, COUNTS.replace("400", "401"), f"# gcc 12\n{COUNTS}"), False)


def test_what_was_not_counted_fails(_):
    equal(judged("implementation\n", "implementation\n", f"# gcc 12\n{COUNTS}"), False)


def test_counts_of_another_compiler_are_skipped(_):
    equal(judged(COUNTS, COUNTS, f"# gcc 13\n{COUNTS}"), "compiled by gcc 12, known is gcc 13")


if __name__ == "__main__":
    sys.exit(tap.run_tests(tap.tests_in(globals())))
