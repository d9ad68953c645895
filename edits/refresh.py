# SPDX-License-Identifier: GPL-2.0-only
"""Take commits that were changed in a generated kernel tree back into the overlay and its edits.

A commit belongs to the patch of its subject. Its changes to files of the overlay go there, for the newest base; those to
files of the kernel become the patch's edits of the tree's base; its message goes into series.toml. What did not
change is not written.
"""
import argparse
import subprocess
from pathlib import Path

from base import TOP, Base, Fault, git, kernel_version
from commits import fixed_stamp, made_of, text_of
from patches import EDITS, edits_dir, files_of, is_newest, load, overlay_files


def verbatim(*args, cwd):
    """What git prints, to the last blank."""
    return subprocess.run(["git", *args], cwd=cwd, text=True, capture_output=True, check=True).stdout


def write(path, text, top):
    """Write a file if it is another than before, below another directory than ours where one is given."""
    if path.exists() and path.read_text() == text:
        return
    place = top / path.relative_to(TOP)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    print(f"{path.relative_to(TOP)}: taken over")


def match(made, tree):
    """Pairs of generated commit and the commit of the same subject that is there now, with their patch."""
    theirs = dict(reversed(line.split(" ", 1)) for line in
                  git("log", "--format=%H %s", "base..HEAD", cwd=tree).splitlines())
    generated = {patch.subject: (patch, commit) for patch, commit in made}
    for subject, commit in theirs.items():
        if subject not in generated:
            raise Fault(f"no patch is called {subject!r}: make its changes part of one with git rebase --autosquash, or "
                        "name it in edits/series.toml first; nothing changed")
        if not git("log", "-1", "--format=%b", commit, cwd=tree):
            raise Fault(f"the commit {subject!r} has only a subject; nothing changed")
    for subject in generated:
        if subject not in theirs:
            raise Fault(f"the patch {subject!r} is gone: take it out of edits/series.toml; nothing changed")
    return [(patch, commit, theirs[subject]) for subject, (patch, commit) in generated.items()]


def diff(commit, paths, tree):
    """What a commit does to some paths, as an edit."""
    return verbatim("diff", "--full-index", "--no-renames", f"{commit}^", commit, "--", *paths, cwd=tree)


def hunks(edit):
    """An edit without what changes with the place of its hunks."""
    return [line for line in edit.splitlines() if not line.startswith(("index ", "@@"))]


def paths_in(edit):
    """The files that an edit changes."""
    return [line.split("\t")[2] for line in git("apply", "--numstat", edit, cwd="/").splitlines()]


def take_edits(patch, commit, tree, version, top):
    """Write what a commit does to the kernel's files as the edits of its patch."""
    ours = {*files_of(patch, overlay_files()), *patch.removes, "MAINTAINERS"}
    changed = [path for path in git("diff", "--name-only", "--no-renames", f"{commit}^", commit, cwd=tree).splitlines()
               if path not in ours and not files_of(patch, [path])]
    edits = [edits_dir(version) / edit for edit in patch.edits if (edits_dir(version) / edit).exists()]
    # Edits of an older base that change the overlay's own files are made by hand.
    edits = [edit for edit in edits if not set(paths_in(edit)) & ours]
    if changed and not edits:
        raise Fault(f"{patch.subject!r} changes {', '.join(changed)}: name an edit for that in edits/series.toml, and "
                    "make it with git diff --full-index; nothing changed")
    for number, edit in enumerate(edits):
        of_others = {path for other in edits if other != edit for path in paths_in(other)}
        mine = paths_in(edit) if number else [path for path in changed if path not in of_others]
        text = diff(commit, mine, tree) if mine else ""
        if hunks(text) != hunks(edit.read_text()):
            write(edit, text, top)


def take_message(patch, commit, tree, top):
    """Write a commit's message into series.toml."""
    text = git("log", "-1", "--format=%B", commit, cwd=tree).strip() + "\n"
    if text != text_of(patch):
        path = top / "edits/series.toml" if (top / "edits/series.toml").exists() else EDITS / "series.toml"
        head = f"subject = \"{patch.subject}\"\nmessage = '''\n"
        body = text.partition("\n\n")[2]
        before = path.read_text()
        if f"{head}{patch.message}'''" not in before:
            raise Fault(f"edits/series.toml: the message of '{patch.subject}' does not follow its subject")
        write(EDITS / "series.toml", before.replace(f"{head}{patch.message}'''", f"{head}{body}'''"), top)


def refresh(tree, top):
    """Take over what changed."""
    if git("status", "--porcelain", "--untracked-files=no", cwd=tree):
        raise Fault(f"{tree} has changes that are not committed; nothing changed")
    version = kernel_version(tree)
    base = Base(version, tree / ".git", git("rev-parse", "base", cwd=tree))
    for patch, generated, commit in match(made_of(load(), base, fixed_stamp()), tree):
        new = git("diff", "--name-only", "--no-renames", "--diff-filter=d", f"{commit}^", commit, cwd=tree).splitlines()
        for path in files_of(patch, new):
            text = verbatim("show", f"{commit}:{path}", cwd=tree)
            if is_newest(version):
                write(TOP / path, text, top)
            elif text != verbatim("show", f"{generated}:{path}", cwd=tree):
                raise Fault(f"{path} is written for the newest base: change it there, or in an edit of {version}")
        take_edits(patch, commit, tree, version, top)
        take_message(patch, commit, tree, top)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tree", type=Path, help="a kernel tree that series.py made, with commits of yours")
    parser.add_argument("--top", type=Path, default=TOP, help="write there instead of here")
    arguments = parser.parse_args()
    try:
        refresh(arguments.tree.absolute(), arguments.top)
    except Fault as fault:
        raise SystemExit(f"refresh: {fault}") from None


if __name__ == "__main__":
    main()
