# SPDX-License-Identifier: GPL-2.0-only
"""The series as git commits on a base.

They are made in git's object store, without a work tree: what does not fit is known before anything is changed.
"""
import os
import re
import tempfile
from pathlib import Path

from base import TOP, Fault, git
from patches import edits_dir, files_of, matches, overlay_files


def user_stamp(directory):
    """Git's environment for commits of the user's own; nobody's sign-off is written, `git am -s` adds it."""
    try:
        git("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT", cwd=directory)
    except Fault:
        raise Fault("git does not know who you are: set user.name and user.email with git config") from None
    return {}


def fixed_stamp():
    """The same for everyone and at any time, so that the same content is the same commit."""
    return {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (
            ("NAME", "xen-grant-dma"), ("EMAIL", "xen-grant-dma@example.org"), ("DATE", "@0 +0000"))}


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
        if not sources:
            return
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


def refuse_unknown(index, version, path):
    """What is removed must be what it was when the series was made: a change to it may be needed in our files, too."""
    known = dict(reversed(line.split()) for line in (edits_dir(version) / "removed").read_text().splitlines())
    blob = index("rev-parse", f":{path}")
    if blob != known[path]:
        try:
            diff = index("diff", known[path], blob)
        except Fault:  # this repository never had the file as it was
            diff = f"its git blob is {blob}, not {known[path]}"
        raise Fault(f"{path}, which it removes, was changed: see whether that matters for drivers/xen/grant-dma/, then "
                    f"note its blob in {(edits_dir(version) / 'removed').relative_to(TOP)}\n{diff}\n")


def put(patch, index, base, maintainers, paths):
    """Put one patch's content into the index; paths collects what the series brought so far."""
    for path in patch.removes:
        if index.has(path):
            refuse_unknown(index, base.version, path)
            index.remove(path)
    files = files_of(patch, overlay_files())
    index.add({path: TOP / path for path in files})
    paths += files
    entry = entry_for(paths)
    if files and any(line.startswith("F:") for line in entry):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(insert_entry(maintainers, entry))
            file.flush()
            index.add({"MAINTAINERS": file.name})
    # An older base's may change files of the overlay, which is for the newest.
    for edit in patch.edits:
        if (edits_dir(base.version) / edit).exists():
            index.apply(edits_dir(base.version) / edit)


def commits(series, base, stamp):
    """Make the series' commits on the base, return them in order; nothing refers to them yet."""
    return [commit for _, commit in made_of(series, base, stamp)]


def made_of(series, base, stamp):
    """The same, each with its patch."""
    with tempfile.TemporaryDirectory() as directory:
        index = Index(base.git_dir, Path(directory) / "index", base.commit)
        if index.has(series.marker):
            raise Fault(f"the series is on this tree already: it has {series.marker}; nothing changed")
        maintainers, paths, made, tip = index("show", f"{base.commit}:MAINTAINERS"), [], [], base.commit
        for number, patch in enumerate(series.patches, 1):
            if patch.bases and edits_dir(base.version).name not in patch.bases:
                continue
            try:
                put(patch, index, base, maintainers, paths)
            except Fault as fault:
                raise Fault(f"patch {number} of {len(series.patches)}, {patch.subject!r}, does not fit this tree: "
                            f"{fault}; nothing changed") from None
            tree = index("write-tree")
            if tree == git("rev-parse", tip + "^{tree}", cwd=base.git_dir):
                continue
            tip = git("commit-tree", "-p", tip, tree, stdin=text_of(patch), env=stamp, cwd=base.git_dir)
            made.append((patch, tip))
    return made


def text_of(patch):
    """A patch's commit message."""
    return f"{patch.subject}\n\n{patch.message.strip()}\n"
