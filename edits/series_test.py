# SPDX-License-Identifier: GPL-2.0-only
"""Tests of series.py with the real series, as TAP.

Most kernel trees here hold only the files of the base that the series touches.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import tap
from base import CACHE, TOP, Fault, debian, git
from commits import commits, fixed_stamp, insert_entry
from patches import check_all_used_once, edits_dir, files_of, load, matches, overlay_files, touched
from series import BRANCH

BASE = debian(os.environ["BASE"])
TOUCHED = touched(load(), BASE.version)
WHO = {"GIT_AUTHOR_NAME": "A Tester", "GIT_AUTHOR_EMAIL": "tester@example.org",
       "GIT_COMMITTER_NAME": "A Tester", "GIT_COMMITTER_EMAIL": "tester@example.org"}


def tool(*args, who=WHO):
    """Run series.py, return its exit status and all that it said."""
    done = subprocess.run([sys.executable, TOP / "edits/series.py", "--base", BASE.version, *map(str, args)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **who})
    return done.returncode, done.stdout


def clone(directory):
    """All of the base in git, of which only what the series touches is checked out."""
    git("clone", "--quiet", "--shared", "--no-checkout", BASE.git_dir, directory)
    git("sparse-checkout", "set", "--no-cone", *(f"/{path}" for path in TOUCHED), cwd=directory)
    git("checkout", "--quiet", "-B", "main", BASE.commit, cwd=directory)
    return directory


def plain_tree(directory):
    present = set(git("ls-tree", "-r", "--name-only", BASE.commit, *TOUCHED, cwd=BASE.git_dir).splitlines())
    archive = subprocess.run(["git", "archive", BASE.commit, *present], cwd=BASE.git_dir, stdout=subprocess.PIPE)
    directory.mkdir()
    subprocess.run(["tar", "-x"], cwd=directory, input=archive.stdout, check=True)
    return directory


def git_tree(directory):
    plain_tree(directory)
    git("init", "--quiet", cwd=directory)
    git("add", "--all", cwd=directory)
    git("commit", "--quiet", "--message=Linux", cwd=directory, env=WHO)
    return directory


def state(tree):
    """All that a user could see change in a tree."""
    files = {path.relative_to(tree): (path.stat().st_mode, path.read_bytes())
             for path in tree.rglob("*") if path.is_file() and ".git" not in path.relative_to(tree).parts}
    refs = git("for-each-ref", cwd=tree) + git("rev-parse", "HEAD", cwd=tree) if (tree / ".git").exists() else ""
    return files, refs


def expect(condition, *what):
    if not condition:
        raise AssertionError(*what)


def refused(tree, *words):
    """Applying must fail, say these words, and change nothing."""
    before = state(tree)
    status, said = tool("apply", "--kdir", tree)
    expect(status != 0, "not refused")
    for word in (*words, "nothing changed"):
        expect(word in said, f"{word!r} missing in: {said}")
    expect("Traceback" not in said, said)
    expect(state(tree) == before, "the tree was changed")


def applied(tree):
    status, said = tool("apply", "--kdir", tree)
    expect(status == 0, said)
    return tree


def test_apply_gives_the_same_tree_as_git_am(scratch):
    status, said = tool("series", "--out", scratch / "series")
    expect(status == 0, said)
    mailed = clone(scratch / "mailed")
    for group in load().groups:
        patches = sorted((scratch / "series" / group.name).glob("*.patch"))
        expect(patches[0].name == "0000-cover-letter.patch", patches)
        if not group.alone:
            git("am", "--quiet", "--3way", *patches[1:], cwd=mailed, env=WHO)
    ours = applied(clone(scratch / "ours"))
    expect(git("rev-parse", "HEAD^{tree}", cwd=mailed) == git("rev-parse", "HEAD^{tree}", cwd=ours), "other tree")
    expect(git("log", "--format=%s%n%b%an", cwd=mailed) == git("log", "--format=%s%n%b%an", cwd=ours), "other commits")


def test_apply_makes_a_branch_and_leaves_the_old_one(scratch):
    tree = git_tree(scratch / "tree")
    old, commit = git("symbolic-ref", "--short", "HEAD", cwd=tree), git("rev-parse", "HEAD", cwd=tree)
    applied(tree)
    expect(git("symbolic-ref", "--short", "HEAD", cwd=tree) == BRANCH)
    expect(git("rev-parse", old, cwd=tree) == commit)
    expect(git("status", "--porcelain", cwd=tree) == "", "not clean")


def test_plain_tree_gets_the_same_files(scratch):
    plain, tracked = applied(plain_tree(scratch / "plain")), applied(git_tree(scratch / "git"))
    expect(state(plain)[0] == state(tracked)[0])
    expect(not any((plain / path).exists() for patch in load().patches for path in patch.removes))


def test_plain_tree_inside_of_another_git_tree(scratch):
    git("init", "--quiet", scratch)
    plain = applied(plain_tree(scratch / "plain"))
    expect((plain / load().marker).exists())


def test_twice_on_a_git_tree(scratch):
    refused(applied(git_tree(scratch / "tree")), BRANCH)


def test_twice_on_a_git_tree_whose_branch_was_merged(scratch):
    tree = applied(git_tree(scratch / "tree"))
    git("branch", "--move", "mine", cwd=tree)
    refused(tree, "is on this tree already")


def test_twice_on_a_plain_tree(scratch):
    refused(applied(plain_tree(scratch / "tree")), "is on this tree already")


def change(tree, path):
    text = (tree / path).read_text()
    (tree / path).write_text(text.replace("XEN_VIRTIO", "XEN_OTHER"))


def test_unfit_plain_tree(scratch):
    tree = plain_tree(scratch / "tree")
    change(tree, "drivers/xen/Kconfig")
    refused(tree, "Switch virtio on Xen", "drivers/xen/Kconfig")


def test_unfit_git_tree(scratch):
    tree = git_tree(scratch / "tree")
    change(tree, "drivers/xen/Kconfig")
    git("commit", "--quiet", "--all", "--message=other", cwd=tree, env=WHO)
    refused(tree, "Switch virtio on Xen", "drivers/xen/Kconfig")


def test_missing_file(scratch):
    tree = plain_tree(scratch / "tree")
    (tree / "drivers/xen/Makefile").unlink()
    refused(tree, "Switch virtio on Xen", "drivers/xen/Makefile")


def test_local_changes_are_kept(scratch):
    tree = git_tree(scratch / "tree")
    change(tree, "drivers/xen/Kconfig")
    refused(tree, "drivers/xen/Kconfig")


def test_file_in_the_way(scratch):
    tree = git_tree(scratch / "tree")
    path = tree / load().marker
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    refused(tree, str(load().marker))


def test_no_kernel(scratch):
    status, said = tool("apply", "--kdir", scratch)
    expect(status != 0 and "not a kernel source tree" in said, said)


def test_too_old_kernel(scratch):
    tree = plain_tree(scratch / "tree")
    makefile = re.sub(r"^VERSION = .*", "VERSION = 5", (tree / "Makefile").read_text(), flags=re.M)
    (tree / "Makefile").write_text(makefile)
    refused(tree, "Linux 5.", BASE.version)


def test_kernel_that_is_no_base(scratch):
    tree = plain_tree(scratch / "tree")
    makefile = (tree / "Makefile").read_text()
    (tree / "Makefile").write_text(re.sub(r"^PATCHLEVEL = (\d+)", lambda level: f"PATCHLEVEL = {int(level[1]) + 1}",
                                          makefile, flags=re.M))
    status, said = tool("apply", "--kdir", tree)
    expect(status == 0 and f"it gets the patches for {BASE.version}" in said, said)


def test_tree_without_the_older_implementation(scratch):
    tree = plain_tree(scratch / "tree")
    for patch in load().patches:
        for path in patch.removes:
            (tree / path).unlink()
    applied(tree)


def test_nobody_to_sign(scratch):
    nobody = {"HOME": str(scratch), "XDG_CONFIG_HOME": str(scratch), "GIT_CONFIG_NOSYSTEM": "1",
              "XDG_CACHE_HOME": str(CACHE.parent)}
    tree = git_tree(scratch / "tree")
    status, said = tool("apply", "--kdir", tree, who=nobody)
    expect(status != 0 and "user.name" in said, said)


def test_work_tree_changes_only_what_the_overlay_changed(scratch):
    out = scratch / "tree"
    expect(tool("tree", "--kdir", plain_tree(scratch / "base"), "--out", out)[0] == 0)
    old = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    expect(tool("tree", "--kdir", scratch / "base", "--out", out)[0] == 0)
    written = [path for path, time in old.items() if ".git" not in path.parts and path.stat().st_mtime_ns != time]
    expect(not written, written)


def test_work_tree_changed_by_hand(scratch):
    out = scratch / "tree"
    expect(tool("tree", "--kdir", plain_tree(scratch / "base"), "--out", out)[0] == 0)
    change(out, "drivers/xen/grant-dma/Kconfig")
    status, said = tool("tree", "--kdir", scratch / "base", "--out", out)
    expect(status != 0 and "drivers/xen/grant-dma/Kconfig" in said, said)


def made_tree(scratch):
    """A tree with the series; its base is the branch base."""
    tree = applied(clone(scratch / "tree"))
    git("branch", "base", BASE.commit, cwd=tree)
    return tree


def changed_commit(scratch, path, subject):
    """The same, in which the commit of a subject says XEN_OTHER in a file."""
    tree = made_tree(scratch)
    change(tree, path)
    git("commit", "--quiet", "--all", f"--fixup=:/{subject}", cwd=tree, env=WHO)
    git("-c", "sequence.editor=true", "rebase", "--quiet", "-i", "--autosquash", "base", cwd=tree, env=WHO)
    return tree


def refreshed(tree, top):
    """Run refresh.py, return its exit status and all that it said."""
    done = subprocess.run([sys.executable, TOP / "edits/refresh.py", tree, "--top", top], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def test_refresh_writes_nothing_that_is_as_before(scratch):
    tree = made_tree(scratch)
    expect(refreshed(tree, scratch / "top") == (0, "") and not (scratch / "top").exists())


def test_refresh_takes_changes_into_overlay_and_edits(scratch):
    tree = changed_commit(scratch, "drivers/xen/grant-dma/Kconfig", "xen: Switch virtio")
    git("config", "user.name", "A Tester", cwd=tree)
    git("config", "user.email", "tester@example.org", cwd=tree)
    git("commit", "--quiet", "--amend", "--message", "virtio_blk: Map the data of a request as one list\n\nOther words.",
        cwd=tree)
    status, said = refreshed(tree, scratch / "top")
    if edits_dir(BASE.version) != edits_dir("999.0"):
        expect(status != 0 and "drivers/xen/grant-dma/Kconfig is written for the newest base" in said, said)
        return
    files = {str(path.relative_to(scratch / "top")) for path in (scratch / "top").rglob("*") if path.is_file()}
    expect(status == 0 and files == {"drivers/xen/grant-dma/Kconfig", "edits/series.toml"}, said, files)
    expect("XEN_OTHER" in (scratch / "top/drivers/xen/grant-dma/Kconfig").read_text())
    expect("\nOther words.\n" in (scratch / "top/edits/series.toml").read_text())


def test_refresh_takes_changes_of_the_kernels_files(scratch):
    tree = changed_commit(scratch, "drivers/xen/Kconfig", "xen: Switch virtio")
    status, said = refreshed(tree, scratch / "top")
    files = {path.name: path.read_text() for path in (scratch / "top").rglob("*") if path.is_file()}
    expect(status == 0 and list(files) == ["xen-build.patch"], said, files)


def test_refresh_refuses_a_commit_that_is_no_patch(scratch):
    tree = made_tree(scratch)
    git("commit", "--quiet", "--allow-empty", "--message=one more", cwd=tree, env=WHO)
    status, said = refreshed(tree, scratch / "top")
    expect(status != 0 and "'one more'" in said, said)


def test_refresh_refuses_a_message_that_says_nothing(scratch):
    tree = made_tree(scratch)
    git("commit", "--quiet", "--amend", "--message=virtio_blk: Map the data of a request as one list", cwd=tree,
        env=WHO)
    status, said = refreshed(tree, scratch / "top")
    expect(status != 0 and "one list' has only a subject" in said and not (scratch / "top").exists(), said)


def test_removed_file_that_was_changed(scratch):
    tree = plain_tree(scratch / "tree")
    path = next(path for patch in load().patches for path in patch.removes)
    (tree / path).write_text("changed\n")
    refused(tree, path, "was changed", "edits/")


def test_every_pattern_names_a_file(scratch):
    for patch in load().patches:
        for pattern in patch.files:
            expect(any(matches(path, pattern) for path in overlay_files()), f"no file: {pattern}")


def test_each_group_applies_alone(scratch):
    for group in load().groups:
        expect(commits(load().only(group), BASE, fixed_stamp()), group.name)


def test_cover_letters_name_base_recipients_and_nobody_who_signs(scratch):
    status, said = tool("series", "--out", scratch)
    expect(status == 0, said)
    for group in load().groups:
        first, *patches = (path.read_text() for path in sorted((scratch / group.name).glob("*.patch")))
        expect(group.subject in first and "@" in first.partition("\nTo: ")[2].partition("\n")[0], first)
        expect(f"base-commit: {BASE.commit}" in first, first)
        expect(not any("Signed-off-by:" in patch for patch in patches), group.name)


def test_files_in_no_patch_or_in_two(scratch):
    *others, core = sorted(load().groups, key=lambda group: group.name == "core")
    bringing = next(patch for patch in core.patch if patch.files)
    path = files_of(bringing, overlay_files())[0]
    for wrong, word in (([patch for patch in core.patch if patch != bringing], "is in no patch"),
                        ([*core.patch, bringing], "is in patches")):
        try:
            check_all_used_once(load()._replace(groups=[*others, core._replace(patch=wrong)]))
        except Fault as fault:
            expect(path in str(fault) and word in str(fault), fault)
        else:
            raise AssertionError(f"not noticed: {word}")


def test_maintainers_entry_is_in_alphabetical_order(scratch):
    text = "Head\n\nList\n----\n\nA DRIVER\nS:\tMaintained\n\nC DRIVER\nS:\tMaintained\n\nB DRIVER\nS:\tMaintained\n"
    titles = [entry.split("\n")[0] for entry in insert_entry(text, ["BA DRIVER", "S:\tMaintained"])
              .split("\n\n")]
    expect(titles[-2:] == ["B DRIVER", "BA DRIVER"], titles)


def main():
    return tap.run_tests([(title, test) for title, test in tap.tests_in(globals())
                          if not sys.argv[1:] or title in sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
