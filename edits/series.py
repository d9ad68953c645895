# SPDX-License-Identifier: GPL-2.0-only
"""Make a series of kernel patches from this overlay, or put it on a kernel tree.

edits/series.toml lists the patches.
"""
import argparse
import fcntl
import subprocess
import tempfile
from pathlib import Path

from base import TOP, Fault, debian, git, git_tree, is_git, kernel_version, plain_tree
from commits import commits, fixed_stamp, user_stamp
from patches import load, touched, word_on

BRANCH = "xen-grant-dma"


def say_if_not_a_base(version):
    if word_on(version):
        print(word_on(version), flush=True)


def base_of(arguments, scratch):
    if not arguments.kdir:
        return debian(arguments.base)
    say_if_not_a_base(kernel_version(arguments.kdir))
    if is_git(arguments.kdir):
        return git_tree(arguments.kdir)
    return plain_tree(arguments.kdir, scratch)


def borrow(out, base):
    """Let a repository see the base's objects without a copy of them."""
    git("init", "--quiet", out)
    objects, shallow = (Path(git("rev-parse", "--path-format=absolute", "--git-path", name, cwd=base.git_dir))
                        for name in ("objects", "shallow"))
    (out / ".git/objects/info/alternates").write_text(f"{objects}\n")
    (out / ".git/shallow").write_text(shallow.read_text() if shallow.exists() else "")


def refuse_own_changes(out, tip):
    """What differs from the old and from the new commit was changed by hand."""
    try:
        by_hand = set.intersection(*(set(git("diff", "--name-only", commit, cwd=out).splitlines())
                                     for commit in ("HEAD", tip)))
    except Fault:  # the first writing was interrupted, or its base is gone
        return
    if by_hand:
        raise Fault(f"{out} was changed by hand, in {', '.join(sorted(by_hand))}: take that over into the overlay, "
                    f"or undo it with git -C {out} checkout .")


def make_tree(arguments):
    """Bring a work tree up to date with the overlay, writing only the files that changed."""
    out = (arguments.out or TOP / f"build/{arguments.base}/linux").absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    content, base = load(), base_of(arguments, out.with_name(out.name + ".git"))
    if arguments.group:
        content = content.only(content.group(arguments.group))
    borrow(out, base)
    made = commits(content, base._replace(git_dir=out / ".git"), fixed_stamp())
    tip = made[-1]
    if (out / "Makefile").exists():
        refuse_own_changes(out, tip)
    else:
        print(f"writing the kernel tree {out} (under a minute)", flush=True)
    git("update-ref", "refs/heads/base", base.commit, cwd=out)
    git("reset", "--quiet", "--hard", tip, cwd=out)
    print(f"{out}: {len(made)} patches on Linux {base.version}")


def make_base(arguments):
    """Bring a work tree of the kernel without the overlay up to date."""
    out = (arguments.out or TOP / f"build/{arguments.base}/base/linux").absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    base = base_of(arguments, out.with_name(out.name + ".git"))
    borrow(out, base)
    if not (out / "Makefile").exists():
        print(f"writing the kernel tree {out} (under a minute)", flush=True)
    git("reset", "--quiet", "--hard", base.commit, cwd=out)


def fill_cover(cover, group, base):
    results = TOP / "build/check/summary"
    commit, _, lines = results.read_text().partition("\n") if results.exists() else ("", "", "")
    tests = f"Test results (make check):\n\n{lines}" if commit == git("rev-parse", "HEAD", cwd=TOP) else ""
    text = f"{group.cover.strip()}\n\nMade for Linux {base.version}.\n\n{tests}".strip()
    cover.write_text(cover.read_text().replace("*** SUBJECT HERE ***", group.subject)
                     .replace("*** BLURB HERE ***", text))


def recipients(tree, patches):
    """Who gets the patches, as options of git format-patch, by the kernel's own script."""
    found = subprocess.run(["perl", "scripts/get_maintainer.pl", "--no-tree", "--no-git", "--no-git-fallback", "--no-rolestats",
                            "--separator=\n", *patches], cwd=tree, text=True, capture_output=True)
    if found.returncode:
        raise Fault(f"get_maintainer.pl: {found.stderr.strip()}")
    return [f"--to={line}" for line in found.stdout.splitlines() if line]


def write_group(series, group, base, out):
    """The patches of a group on the untouched base, and its cover letter; how many patches they are."""
    for old in out.glob("*.patch"):
        old.unlink()
    tip = commits(series.only(group), base, user_stamp(TOP))[-1]
    command = ("format-patch", "--quiet", "--no-renames", "--full-index", "--cover-letter", f"--base={base.commit}",
               f"--subject-prefix=PATCH {group.name}", "-o", out.absolute(), f"{base.commit}..{tip}")
    git(*command, cwd=base.git_dir)
    with tempfile.TemporaryDirectory() as tree:
        for path in ("MAINTAINERS", "scripts/get_maintainer.pl"):
            Path(tree, path).parent.mkdir(exist_ok=True)
            Path(tree, path).write_text(git("show", f"{base.commit}:{path}", cwd=base.git_dir) + "\n")
        patches = [path.absolute() for path in sorted(out.glob("*.patch"))[1:]]
        git(*command[:-3], *recipients(tree, patches), *command[-3:], cwd=base.git_dir)
    fill_cover(out / "0000-cover-letter.patch", group, base)
    return len(patches)


def make_series(arguments):
    """Write each group's patches and cover letter for mailing."""
    with tempfile.TemporaryDirectory() as scratch:
        content, base = load(), base_of(arguments, Path(scratch))
        out = arguments.out or TOP / f"out/series/{base.version}"
        for group in content.groups:
            count = write_group(content, group, base, out / group.name)
            print(f"{out / group.name}: {count} patches and a cover letter, for git am or git send-email")


def apply_to_git(tree):
    base = git_tree(tree)
    if git("branch", "--list", BRANCH, cwd=tree):
        raise Fault(f"{tree} has a branch {BRANCH} already; nothing changed")
    made = commits(load(), base, user_stamp(tree))
    try:
        git("checkout", "--quiet", "-b", BRANCH, made[-1], cwd=tree)
    except Fault as fault:
        raise Fault(f"{tree}: {fault}\nnothing changed") from None
    print(f"{tree}: {len(made)} commits on the new branch {BRANCH}, now checked out")


def apply_in_place(tree):
    with tempfile.TemporaryDirectory() as scratch:
        content = load()
        base = plain_tree(tree, Path(scratch), touched(content, kernel_version(tree)))
        tip = commits(content, base, fixed_stamp())[-1]
        changes = git("diff", "--no-renames", "--name-status", base.commit, tip, cwd=base.git_dir).splitlines()
        for change in changes:
            status, path = change.split("\t")
            if status == "D":
                (tree / path).unlink()
        kept = [path for status, path in (change.split("\t") for change in changes) if status != "D"]
        git(f"--git-dir={base.git_dir}", f"--work-tree={tree}", "checkout", "--force", tip, "--", *kept, cwd=tree)
    print(f"{tree}: {len(changes)} files changed in place")


def apply_series(arguments):
    """Put the series on a tree of the user's: commits on a new branch, or in place where it is not a git tree."""
    tree = arguments.kdir
    if not tree:
        raise Fault("which kernel tree? make apply KDIR=path")
    say_if_not_a_base(kernel_version(tree))
    (apply_to_git if is_git(tree) else apply_in_place)(tree)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=("tree", "base", "series", "apply"))
    parser.add_argument("--base", required=True, help="release of Debian's kernel source, such as 6.12")
    parser.add_argument("--kdir", help="a kernel tree instead of Debian's")
    parser.add_argument("--group", help="a tree with this group of patches alone")
    parser.add_argument("--out", type=Path, help="where to write")
    arguments = parser.parse_args()
    arguments.kdir = Path(arguments.kdir).resolve() if arguments.kdir else None
    (TOP / "build").mkdir(exist_ok=True)
    with open(TOP / "build/.series.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            {"tree": make_tree, "base": make_base, "series": make_series,
             "apply": apply_series}[arguments.command](arguments)
        except Fault as fault:
            raise SystemExit(f"series: {fault}") from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None


if __name__ == "__main__":
    main()
