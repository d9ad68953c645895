# SPDX-License-Identifier: GPL-2.0-only
"""The patches that edits/series.toml lists, and which files of the overlay each one brings."""
import re
import tomllib
from functools import cache
from fnmatch import fnmatchcase
from typing import NamedTuple

from base import TOP, Fault, git

EDITS = TOP / "edits"
OVERLAY = ("Documentation", "arch", "drivers", "include", "lib", "tools")


class Patch(NamedTuple):
    subject: str
    message: str
    files: list = []
    edits: list = []
    removes: list = []
    bases: list = []  # that have it; all, if none is named


class Group(NamedTuple):
    name: str
    subject: str
    cover: str
    patch: list
    alone: bool = False


class Series(NamedTuple):
    marker: str  # a file that only a tree with the series has
    groups: list
    unsent: list  # patterns of overlay files that are in no patch

    @property
    def patches(self):
        """Those of all groups that go together."""
        return [patch for group in self.groups if not group.alone for patch in group.patch]

    def group(self, name):
        """The group of that name."""
        for group in self.groups:
            if group.name == name:
                return group
        raise Fault(f"no group {name}, only {', '.join(group.name for group in self.groups)}")

    def only(self, group):
        """A series of one group."""
        return self._replace(groups=[group._replace(alone=False)])


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
        groups = [Group(**{**group, "patch": [Patch(**patch) for patch in group["patch"]]})
                  for group in content["group"]]
    except TypeError as error:
        raise Fault(f"edits/series.toml: {error}") from None
    series = Series(content["marker"], groups, content["unsent"])
    check_all_used_once(series)
    return series


def check_all_used_once(series):
    patches = [patch for group in series.groups for patch in group.patch]
    faults = []
    for path in overlay_files():
        users = [patch.subject for patch in patches if files_of(patch, [path])]
        wanted = 0 if any(matches(path, pattern) for pattern in series.unsent) else 1
        if len(users) != wanted:
            faults.append(f"{path} is in {'patches ' + ' and '.join(map(repr, users)) if users else 'no patch'}")
    present = {path.name for path in EDITS.glob("*/*.patch")}
    named = [edit for patch in patches for edit in patch.edits]
    faults += [f"edits/*/{edit} does not exist" for edit in sorted(set(named) - present)]
    faults += [f"edits/*/{edit} is in no patch" for edit in sorted(present - set(named))]
    faults += [f"edits/*/{edit} is named twice" for edit in sorted(set(named)) if named.count(edit) > 1]
    if faults:
        raise Fault("edits/series.toml: " + "\n  ".join(faults))


def word_on(version):
    """What to tell a user whose kernel is none of the bases."""
    base = edits_dir(version).name
    return "" if base == version else f"Linux {version} is not among the bases: it gets the patches for {base}"


def edits_dir(version):
    """The edits for the newest kernel that is not newer than this one."""
    def number(text):
        return tuple(map(int, text.split(".")))
    known = sorted((path.name for path in EDITS.iterdir() if re.fullmatch(r"\d+\.\d+", path.name)), key=number)
    fitting = [name for name in known if number(name) <= number(version)]
    if not fitting:
        raise Fault(f"no edits for Linux {version}, only for {', '.join(known)} and later; nothing changed")
    return EDITS / fitting[-1]


def is_newest(version):
    """Whether a kernel has the edits of the newest base, for which the overlay is written."""
    return edits_dir(version) == edits_dir("999.0")


def touched(series, base_version):
    """Every path that the series may change."""
    edits = [edits_dir(base_version) / edit for patch in series.patches for edit in patch.edits]
    numstat = "\n".join(git("apply", "--numstat", edit, cwd="/") for edit in edits if edit.exists())
    removes = [path for patch in series.patches for path in patch.removes]
    return sorted({"Makefile", "MAINTAINERS", *removes, *overlay_files(), *re.findall(r"\t(\S+)$", numstat, re.M)})
