# SPDX-License-Identifier: GPL-2.0-only
"""Make a series of kernel patches from this overlay, or put it on a kernel tree.

edits/series.toml lists the patches in their order. Each one brings whole files of the overlay, hunks against files that
the kernel has (edits/<base>/), removes files, or any of these. The commits are made in git's object store, without a
work tree: whatever does not fit is known before anything is changed.
"""
import argparse
import fcntl
import os
import re
import tempfile
import tomllib
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

from base import TOP, Fault, debian, git, git_tree, is_git, kernel_version, plain_tree

EDITS = TOP / "edits"
OVERLAY = ("Documentation", "arch", "drivers", "include", "lib", "tools")
BRANCH = "xen-grant-dma"


class Patch(NamedTuple):
    subject: str
    message: str
    files: list = []
    edits: list = []
    removes: list = []


class Series(NamedTuple):
    marker: str  # a file that only a tree with the series has
    patches: list


def matches(path, pattern):
    """A pattern is a directory with its trailing slash, or a path where * stays within a component."""
    if pattern.endswith("/"):
        return path.startswith(pattern)
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def files_of(patch, overlay):
    return [path for path in overlay if any(matches(path, pattern) for pattern in patch.files)]


@cache
def overlay_files():
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *OVERLAY, cwd=TOP)
    return sorted({path for path in listed.split("\0") if path and (TOP / path).is_file()})


def load():
    with open(EDITS / "series.toml", "rb") as file:
        content = tomllib.load(file)
    try:
        patches = [Patch(**patch) for patch in content["patch"]]
    except TypeError as error:
        raise Fault(f"edits/series.toml: {error}") from None
    check_all_used_once(patches)
    return Series(content["marker"], patches)


def check_all_used_once(patches):
    faults = []
    for path in overlay_files():
        users = [patch.subject for patch in patches if files_of(patch, [path])]
        if len(users) != 1:
            faults.append(f"{path} is in {'patches ' + ' and '.join(map(repr, users)) if users else 'no patch'}")
    present = {path.name for path in EDITS.glob("*/*.patch")}
    named = [edit for patch in patches for edit in patch.edits]
    faults += [f"edits/*/{edit} does not exist" for edit in sorted(set(named) - present)]
    faults += [f"edits/*/{edit} is in no patch" for edit in sorted(present - set(named))]
    faults += [f"edits/*/{edit} is named twice" for edit in sorted(set(named)) if named.count(edit) > 1]
    if faults:
        raise Fault("edits/series.toml: " + "\n  ".join(faults))


def entry_for(paths):
    """Our MAINTAINERS entry, with only those file patterns that have a file already."""
    lines = (TOP / "MAINTAINERS").read_text().splitlines()
    return [line for line in lines if not line.startswith("F:")
            or any(matches(path, line[2:].strip()) for path in paths)]


def insert_entry(maintainers, entry):
    """Put the entry behind the one whose title comes closest before it."""
    entries = maintainers.rstrip("\n").split("\n\n")
    titles = [text.lstrip("\n").split("\n")[0] for text in entries]
    first = next(i for i, text in enumerate(entries) if re.search(r"^S:\t", text, re.M) and titles[i].isupper())
    before = max((i for i in range(first, len(entries)) if titles[i] < entry[0]), key=titles.__getitem__)
    return "\n\n".join([*entries[:before + 1], "\n".join(entry), *entries[before + 1:]]) + "\n"


class Index:
    """A git index away from any work tree, in which the patches are put one on another."""

    def __init__(self, git_dir, file, commit):
        self.git_dir, self.env = git_dir, {"GIT_INDEX_FILE": str(file), "GIT_DIR": str(git_dir)}
        self("read-tree", commit)

    def __call__(self, *args, **options):
        return git(*args, env=self.env, cwd=self.git_dir, **options)

    def has(self, path):
        return bool(self("ls-files", "--", path))

    def add(self, sources):
        """Take in files, given as a dictionary from the path in the kernel tree to the file that is to be there."""
        blobs = self("hash-object", "-w", "--no-filters", "--stdin-paths", stdin="\n".join(map(str, sources.values())))
        modes = ("100755" if os.access(source, os.X_OK) else "100644" for source in sources.values())
        self("update-index", "--add", "--index-info", stdin="\n".join(
             f"{mode} {blob}\t{path}" for mode, blob, path in zip(modes, blobs.split(), sources)))

    def apply(self, edit):
        try:
            self("apply", "--cached", edit)
        except Fault as fault:
            places = re.findall(r"^error: (?:patch failed: )?(\S+?:(?:\d+| .*))$", str(fault), re.M)
            raise Fault(f"{edit.relative_to(TOP)}: {places[0] if places else fault}") from None

    def remove(self, path):
        self("update-index", "--index-info", stdin=f"0 {'0' * 40}\t{path}\n")


def touched(series, base_version):
    """Every path that the series may change."""
    edits = [edits_dir(base_version) / edit for patch in series.patches for edit in patch.edits]
    numstat = "\n".join(git("apply", "--numstat", edit, cwd="/") for edit in edits if edit.exists())
    removes = [path for patch in series.patches for path in patch.removes]
    return sorted({"Makefile", "MAINTAINERS", *removes, *overlay_files(), *re.findall(r"\t(\S+)$", numstat, re.M)})


def edits_dir(version):
    """The edits for the newest kernel that is not newer than this one."""
    def number(text):
        return tuple(map(int, text.split(".")))
    known = sorted((path.name for path in EDITS.iterdir() if re.fullmatch(r"\d+\.\d+", path.name)), key=number)
    fitting = [name for name in known if number(name) <= number(version)]
    if not fitting:
        raise Fault(f"no edits for Linux {version}, only for {', '.join(known)} and later; nothing changed")
    return EDITS / fitting[-1]


def put(patch, index, base, maintainers, paths):
    """Put one patch's content into the index; paths collects what the series brought so far."""
    for edit in patch.edits:
        if (edits_dir(base.version) / edit).exists():
            index.apply(edits_dir(base.version) / edit)
    for path in patch.removes:
        if index.has(path):
            index.remove(path)
    files = files_of(patch, overlay_files())
    if files:
        paths += files
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(insert_entry(maintainers, entry_for(paths)))
            file.flush()
            index.add({**{path: TOP / path for path in files}, "MAINTAINERS": file.name})


def commits(series, base, stamp):
    """Make the series' commits on the base, return them in order; nothing refers to them yet."""
    with tempfile.TemporaryDirectory() as directory:
        index = Index(base.git_dir, Path(directory) / "index", base.commit)
        if index.has(series.marker):
            raise Fault(f"the series is on this tree already: it has {series.marker}; nothing changed")
        maintainers, paths, made = index("show", f"{base.commit}:MAINTAINERS"), [], [base.commit]
        for number, patch in enumerate(series.patches, 1):
            try:
                put(patch, index, base, maintainers, paths)
            except Fault as fault:
                raise Fault(f"patch {number} of {len(series.patches)}, {patch.subject!r}, does not fit this tree: "
                            f"{fault}; nothing changed") from None
            tree = index("write-tree")
            if tree == git("rev-parse", made[-1] + "^{tree}", cwd=base.git_dir):
                continue
            text = f"{patch.subject}\n\n{patch.message.strip()}\n\nSigned-off-by: {stamp.signer}\n"
            made.append(git("commit-tree", "-p", made[-1], tree, stdin=text, env=stamp.env, cwd=base.git_dir))
    return made[1:]


class Stamp(NamedTuple):
    """Who signs the commits, and git's environment for it."""
    signer: str
    env: dict = {}


def user_stamp(directory):
    try:
        ident = git("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT", cwd=directory)
    except Fault:
        raise Fault("git does not know who signs the patches: set user.name and user.email with git config") from None
    return Stamp(ident[:ident.rindex(">") + 1])


def fixed_stamp():
    """The same for everyone and at any time, so that the same content is the same commit."""
    return Stamp(f"{BRANCH} <{BRANCH}@example.org>", {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                 for what, value in (("NAME", BRANCH), ("EMAIL", f"{BRANCH}@example.org"), ("DATE", "@0 +0000"))})


def base_of(arguments, scratch):
    if not arguments.kdir:
        return debian(arguments.base)
    if is_git(arguments.kdir):
        return git_tree(arguments.kdir)
    return plain_tree(arguments.kdir, scratch, ["."])


def make_tree(arguments):
    """Bring a work tree up to date with the overlay, writing only the files that changed."""
    out = (arguments.out or TOP / f"build/linux-{arguments.base}").absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    content, base = load(), base_of(arguments, out.with_name(out.name + ".git"))
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


def make_series(arguments):
    """Write the patches and a cover letter for mailing."""
    with tempfile.TemporaryDirectory() as scratch:
        content, base = load(), base_of(arguments, Path(scratch))
        tip = commits(content, base, user_stamp(TOP))[-1]
        out = arguments.out or TOP / f"out/series/{base.version}"
        for old in out.glob("*.patch"):
            old.unlink()
        git("format-patch", "--quiet", "--no-renames", "--cover-letter", "-o", out.absolute(),
            f"{base.commit}..{tip}", cwd=base.git_dir)
    fill_cover(out / "0000-cover-letter.patch", base)
    print(f"{out}: {len(list(out.iterdir())) - 1} patches and a cover letter, for git am or git send-email")


def fill_cover(cover, base):
    subject, _, text = (EDITS / "cover.txt").read_text().partition("\n")
    results = TOP / "build/check/summary"
    tests = f"Test results (make check):\n\n{results.read_text()}" if results.exists() else ""
    text = f"{text.strip()}\n\nMade for Linux {base.version}.\n\n{tests}".strip()
    cover.write_text(cover.read_text().replace("*** SUBJECT HERE ***", subject).replace("*** BLURB HERE ***", text))


def apply_series(arguments):
    """Put the series on a tree of the user's: commits on a new branch, or in place where it is not a git tree."""
    tree = arguments.kdir
    if not tree:
        raise Fault("which kernel tree? make apply KDIR=path")
    kernel_version(tree)
    (apply_to_git if is_git(tree) else apply_in_place)(tree)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=("tree", "series", "apply"))
    parser.add_argument("--base", default="6.12", help="version of the Debian kernel source (6.12)")
    parser.add_argument("--kdir", help="a kernel tree instead of Debian's")
    parser.add_argument("--out", type=Path, help="where to write")
    arguments = parser.parse_args()
    arguments.kdir = Path(arguments.kdir).resolve() if arguments.kdir else None
    (TOP / "build").mkdir(exist_ok=True)
    with open(TOP / "build/.series.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            {"tree": make_tree, "series": make_series, "apply": apply_series}[arguments.command](arguments)
        except Fault as fault:
            raise SystemExit(f"series: {fault}") from None


if __name__ == "__main__":
    main()
