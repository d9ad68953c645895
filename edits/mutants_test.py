# SPDX-License-Identifier: GPL-2.0-only
"""Tests of mutate.py, mutants.py and coverage.py, as TAP."""
import subprocess
import sys
import textwrap

import mutants
import tap
from coverage import gather, report, spans
from mutants import DRIVER, HOST, Area, Campaign, Mutant, Test, drawn
from mutate import Mutation, code_lines, draw
from mutate import mutations as mutations_of

SOURCE = """\
/* A comment; with a < b. */
#define MACRO(a) do { \\
		a = a + 1; \\
	} while (0)

static int table[] = { 1, 2 };

static int sum(int *of, int count)
{
	int total = 0, i;

	for (i = 0; i < count; i++)
		total += of[i];
	if (total > 9 && !table[0])
		goto out;	/* not || */
	if (count)
		pr_warn("%d < 1\\n", count);
	smp_wmb();
out:
	return total;
}
"""


def broken(kind=None):
    """What becomes of the lines of the source that mutations change."""
    for mutation in mutations_of(SOURCE):
        if kind in (None, mutation.kind):
            before, after = SOURCE.splitlines(), mutation.apply(SOURCE).splitlines()
            yield [new.strip() for old, new in zip(before, after) if old != new][0]


def test_each_kind_of_change_is_made(scratch):
    wanted = {
        "comparison": {"for (i = 0; i <= count; i++)", "if (total >= 9 && !table[0])"},
        "and, or": {"if (total > 9 || !table[0])"},
        "not": {"if (total > 9 && table[0])"},
        "step": {"for (i = 0; i < count; i--)"},
        "arithmetic": {"total -= of[i];"},
        "constant": {"int total = 1, i;", "for (i = 1; i < count; i++)", "if (total > 9 && !table[1])",
                     "if (total > (9 + 1) && !table[0])", "if (total > (9 - 1) && !table[0])"},
        "branch never taken": {"if (0 && (total > 9 && !table[0]))"},
        "branch always taken": {"if (1 || (total > 9 && !table[0]))"},
        "statement deleted": {";\t/* not || */", ";"},
        "barrier": {";"},
    }
    kinds = {mutation.kind for mutation in mutations_of(SOURCE)}
    assert kinds == set(wanted), kinds
    for kind, lines in wanted.items():
        assert set(broken(kind)) == lines, (kind, set(broken(kind)))


def test_lines_stay_in_their_places(scratch):
    for mutation in mutations_of(SOURCE):
        assert mutation.apply(SOURCE).count("\n") == SOURCE.count("\n"), mutation


def test_what_only_prints_is_left_alone(scratch):
    lines = [SOURCE.splitlines()[number - 1].strip() for number in code_lines(SOURCE)]
    assert "if (count)" not in lines and not any("pr_warn" in line for line in lines), lines


def test_a_seed_gives_an_order(scratch):
    sources = {"a": SOURCE, "b": SOURCE.replace("total", "all")}
    first = list(draw(sources, 1))
    assert first == list(draw(sources, 1))
    assert first != list(draw(sources, 2))
    assert len(first) == len(set(first)) == 2 * len(list(mutations_of(SOURCE)))


CODE = """\
int half(int n)
{
	int i = 0;

	if (n < 0)
		return 0;
	while (2 * i + 1 < n)
		i++;
	return n < 2 ? 0 : i;
}
"""
MAIN = "int half(int n);\nint main(void) { return half(7) == 3 ? 0 : 1; }\n"
MAKEFILE = """\
test: half.o main.o
	gcc -o $@ $^
half.o: ../../../drivers/xen/grant-dma/half.c
	gcc -O2 -Werror -c -o $@ $<
"""
FILE = f"{DRIVER}/half.c"
VERDICTS = {
    "found": ("2 * i + 1", "2 * i - 1"),
    "survived": ("? 0", "? 1"),
    "equal": ("n < 0", "0 > n"),
    "broken": ("i++", "j++"),
}


def area(scratch):
    for path, text in ((f"tree/{FILE}", CODE), (f"tree/{HOST}/main.c", MAIN), (f"tree/{HOST}/Makefile", MAKEFILE)):
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        (scratch / path).write_text(text)
    return Area(scratch / "tree", scratch / "area", [DRIVER, HOST], [Test("half", ["test"], ["./test"])],
                Test("plain", ["half.o"], ["./half.o"]))


def mutant(name, old, new):
    return Mutant(name, FILE, Mutation(CODE.index(old), CODE.index(old) + len(old), new, "named"))


def test_each_verdict_is_given(scratch):
    tested = area(scratch)
    for kind, (old, new) in VERDICTS.items():
        verdict = tested.test(mutant(kind, old, new))
        assert verdict.kind == kind, verdict
    assert (scratch / "area" / FILE).read_text() == (scratch / "tree" / FILE).read_text() == CODE


def test_what_never_ends_is_found(scratch):
    mutants.WORK = 1
    verdict = area(scratch).test(mutant("endless", "i++", ";"))
    assert (verdict.kind, verdict.said) == ("found", "takes too long"), verdict


def test_only_what_counts_is_counted(scratch):
    campaign = Campaign([area(scratch)], {FILE: CODE}, scratch / "kept")
    campaign.run([mutant(kind, *VERDICTS[kind]) for kind in ("broken", "equal", "survived", "found")], 1)
    assert [verdict.kind for verdict in campaign.verdicts] == ["broken", "equal", "survived"]
    result = (scratch / "kept").read_text()
    assert "1 mutants: 0 found" in result and "+\treturn n < 2 ? 1 : i;" in result, result


def test_lines_that_are_not_ours_are_not_broken(scratch):
    line = CODE.splitlines().index("\t\ti++;") + 1
    names = {each.name for each in drawn({FILE: CODE}, {FILE: {line}}, 1)}
    assert names == {f"half.c:{line}: step", f"half.c:{line}: statement deleted"}, names


def test_what_did_not_run_is_told(scratch):
    for path, text in ((FILE, CODE), ("main.c", MAIN), ("other.c", MAIN.replace("main", "unused"))):
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        (scratch / path).write_text(text)
    # Counts lie elsewhere, by the whole path of the objects, as a kernel shows them.
    command = ["gcc", "-O0", "--coverage", f"-fprofile-dir={scratch}/counts", "-o", "test", FILE, "main.c", "other.c"]
    for each in (command, ["./test"]):
        subprocess.run(each, cwd=scratch, check=True)
    for count in (scratch / "counts").rglob("*.gcda"):
        shown = scratch / "counts" / str(scratch)[1:] / count.name.rsplit("#", 1)[-1]
        shown.parent.mkdir(parents=True, exist_ok=True)
        count.rename(shown)
    files = gather(scratch, scratch / "counts", "gcov")
    assert list(files) == [FILE], files
    lines = files[FILE]
    assert (lines.missing(), lines.missing_branches()) == ([6], [5, 9]), (lines.counts, lines.branches)
    assert f"{FILE}: did not run: 6" in report(files)
    assert spans([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"


if __name__ == "__main__":
    sys.exit(tap.run_tests(tap.tests_in(globals())))
