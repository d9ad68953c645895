# SPDX-License-Identifier: GPL-2.0-only
"""The kernel trees that a series can be made for, each seen as a git commit.

Debian's linux-source package becomes a bare repository with one commit in the cache, whose hash depends on the
tarball alone. A tree of the user's is taken at its HEAD, or, where it is not a git tree, as the files that lie there.
"""
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

from archive import Fault
from items import linux
from store import CACHE, about, fetch

TOP = Path(__file__).resolve().parent.parent


class Base(NamedTuple):
    version: str  # of the kernel, as in 6.12
    git_dir: Path
    commit: str


def git(*args, env=None, stdin=None, **options):
    """Run git, return what it prints; a failure is a Fault with git's own words."""
    done = subprocess.run(["git", *map(str, args)], input=stdin, text=True, capture_output=True,
                          env={**os.environ, **(env or {})}, **options)
    if done.returncode:
        raise Fault((done.stderr or done.stdout).strip())
    return done.stdout.strip()


def kernel_version(tree):
    """The version in a kernel tree's Makefile, without the stable release."""
    try:
        makefile = (tree / "Makefile").read_text()
        major, minor = (re.search(rf"^{name} = (\d+)$", makefile, re.M)[1] for name in ("VERSION", "PATCHLEVEL"))
    except (OSError, TypeError):
        raise Fault(f"{tree} is not a kernel source tree") from None
    return f"{major}.{minor}"


def is_git(tree):
    return (tree / ".git").exists()


def import_tarball(tarball, repository):
    """One commit of what lies in the tarball's only directory, dated as that directory is."""
    git("init", "--quiet", "--bare", "--initial-branch=main", repository)
    importer = subprocess.Popen(["git", "-c", "core.compression=1", "fast-import", "--quiet", "--depth=0"],
                                cwd=repository, stdin=subprocess.PIPE)
    with importer, tarfile.open(fileobj=tarball, mode="r|*") as archive:
        top = archive.next()
        importer.stdin.write(f"commit refs/heads/main\ncommitter {top.name} <> {int(top.mtime)} +0000\n"
                             f"data {len(top.name)}\n{top.name}\n".encode())
        for member in archive:
            if member.issym():
                mode, content = "120000", member.linkname.encode()
            elif member.isfile():
                mode, content = "100755" if member.mode & 0o100 else "100644", archive.extractfile(member).read()
            else:
                continue
            path = member.name.removeprefix(top.name + "/")
            importer.stdin.write(f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    if importer.returncode:
        raise Fault(f"{top.name} could not be brought into git")


def debian(version):
    """The source of a Linux release as Debian has it."""
    found = fetch([linux(version)])[f"linux-{version}"]
    repository = CACHE / f"linux-{about(found)['Linux']}.git"
    if not repository.exists():
        print(f"unpacking Linux {about(found)['Linux']} into {repository} (about a minute)", flush=True)
        unfinished = CACHE / "new-linux.git"
        shutil.rmtree(unfinished, ignore_errors=True)
        package = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", *found.glob("*.deb")], stdout=subprocess.PIPE)
        with package, tarfile.open(fileobj=package.stdout, mode="r|") as content:
            tarball = next(content.extractfile(member) for member in content if ".tar." in member.name)
            import_tarball(tarball, unfinished)
        unfinished.rename(repository)
    return Base(version, repository, git("rev-parse", "main", cwd=repository))


def git_tree(tree):
    git_dir = git("rev-parse", "--absolute-git-dir", cwd=tree)
    return Base(kernel_version(tree), Path(git_dir), git("rev-parse", "HEAD", cwd=tree))


def plain_tree(tree, git_dir, paths=None):
    """A plain tree, or of the given paths those that exist in it, in a repository beside it."""
    version = kernel_version(tree)
    git("init", "--quiet", "--bare", git_dir)
    wanted = ["--force", *(path for path in paths if os.path.lexists(tree / path))] if paths else ["."]
    git(f"--git-dir={git_dir}", f"--work-tree={tree}", "-c", "core.compression=1", "add", "--all", *wanted, cwd=tree)
    stamp = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
             for what, value in (("NAME", "base"), ("EMAIL", "base"), ("DATE", "@0 +0000"))}
    tip = git("commit-tree", "-m", f"Linux {version}", git("write-tree", cwd=git_dir), env=stamp, cwd=git_dir)
    return Base(version, Path(git_dir), tip)
