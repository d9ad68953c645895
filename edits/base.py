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

TOP = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xen-grant-dma"


class Fault(Exception):
    """What went wrong, in a message that names the thing at fault."""


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


def package_version(package):
    done = subprocess.run(["dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Version}", package],
                          text=True, capture_output=True)
    return done.stdout.split()[1] if done.stdout.startswith("ii ") else None


# Checks that run beside each other wait here for each other's packages.
APT = ["flock", "/run/lock/xen-grant-dma-apt", "apt-get"]


def install(packages):
    missing = [package for package in packages if not package_version(package)]
    if not missing:
        return
    print(f"# installing {' '.join(missing)}", flush=True)
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        done = subprocess.run([*APT, "--quiet=2", *command], text=True, capture_output=True,
                              env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode:
            raise Fault(f"apt-get {' '.join(command)}: {done.stderr.strip()}")


def import_tarball(tarball, repository):
    """One commit of what lies in the tarball's only directory, dated as that directory is."""
    git("init", "--quiet", "--bare", "--initial-branch=main", repository)
    importer = subprocess.Popen(["git", "-c", "core.compression=1", "fast-import", "--quiet", "--depth=0"],
                                cwd=repository, stdin=subprocess.PIPE)
    with importer, tarfile.open(tarball, "r|*") as archive:
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
        raise Fault(f"{tarball} could not be brought into git")


def debian(version):
    package = f"linux-source-{version}"
    install([package])
    repository = CACHE / f"{package}_{package_version(package)}.git"
    if not repository.exists():
        print(f"unpacking {package} into {repository} (about a minute)", flush=True)
        unfinished = repository.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        import_tarball(f"/usr/src/{package}.tar.xz", unfinished)
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
