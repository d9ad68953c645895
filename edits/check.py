# SPDX-License-Identifier: GPL-2.0-only
"""Checks of the sources that need no guest, as TAP.

  scripts  shellcheck on every shell script
  patches  checkpatch on each patch, and whether MAINTAINERS covers every file
  docs     the kernel's documentation builds with ours in it, which shows examples as they are
  compile  sparse and W=1 have nothing to say on the driver, for each architecture and page size, nor the kernel's
           parser on Kconfig
  bisect   each patch builds, and each group on the untouched base

Compilers' output is in build/<base>/check/.
"""
import argparse
import functools
import hashlib
import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

from base import CACHE, TOP, git, git_tree, kernel_version
from commits import commits, fixed_stamp
from host import of_goal
from patches import files_of, is_newest, load, matches, overlay_files
from series import borrow
from tap import Tap

BUILD = Path(os.environ["BUILD"]) / "check"
# What holds files of ours, as targets of the kernel's make; virtio_ring includes one.
COMPILED = ["drivers/xen/grant-dma/", "drivers/virtio/virtio_ring.o", "drivers/virtio/virtio_ring_test.o",
            "drivers/virtio/virtio_liar_test.o", "drivers/virtio/vring_bounce_test.o"]
# What users may copy from the documentation.
EXAMPLES = [TOP / "tools/testing/selftests/xen/grant-dma/qemu" / name
            for name in ("dom0less/passthrough.dts", "driver/virtio_driver.te")]
JOBS = f"-j{os.cpu_count()}"

# The Python that has the modules of Debian's packages.
DEBIAN_PYTHON = {**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}"}


def output(*command, **options):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


@functools.cache
def tools():
    """The versions of all that checks use."""
    return output("dpkg-query", "-W", *of_goal("check")).stdout


def unless_known_good(content, check, *args):
    """Do a check, unless its code passed the same content with the same tools; FORCE=1 does it anyway."""
    code = Path(inspect.getsourcefile(check)).read_text()
    mark = CACHE / "good" / hashlib.sha256(f"{check.__name__}{code}{tools()}{content}".encode()).hexdigest()
    faults = [] if mark.exists() and not os.environ.get("FORCE") else check(*args)
    if not faults:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    return faults


def scripts(tree):
    def is_shell(path):
        with open(path, errors="replace") as file:
            return path.suffix == ".sh" or re.match(r"#!.*\b(sh|bash)\b", file.readline())
    listed = git("ls-files", "--cached", "--others", "--exclude-standard", cwd=TOP).splitlines()
    found = [path for path in listed if (TOP / path).is_file() and is_shell(TOP / path)]
    tap = Tap(len(found))
    for path in found:
        done = output("shellcheck", "--external-sources", "--source-path=SCRIPTDIR", "--format=gcc", path, cwd=TOP)
        tap.faults(f"shellcheck {path}", done.stdout.splitlines())
    return tap


# Our entry covers each file from the patch on that brings the first of its pattern: checked here, more strictly.
CHECKPATCH = ["--strict", "--terse", "--show-types", "--showfile", "--no-signoff",
              "--ignore=FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID"]
# Defines for programs what checkpatch wants to be used with care.
STUBS = "tools/testing/xen-grant-dma/include/"


def checkpatch(tree, file):
    done = output("perl", "scripts/checkpatch.pl", *CHECKPATCH, file, cwd=tree, env=DEBIAN_PYTHON)
    lines = [line.removeprefix(f"{file.parent}/") for line in done.stdout.splitlines()]
    faults = [line for line in lines if re.search("(ERROR|WARNING):", line) and not line.startswith(STUBS)]
    broken = done.returncode and not re.search("(ERROR|WARNING|CHECK):", done.stdout)
    return faults or (lines if broken else [])


def patches(tree):
    made = BUILD / "patches"
    for old in made.glob("*.patch"):
        old.unlink()
    files = git("format-patch", "--no-renames", "--zero-commit", "-o", made, "base..HEAD", cwd=tree).splitlines()
    around = git("rev-parse", "HEAD:scripts", "HEAD:Documentation/devicetree", cwd=tree)
    tap = Tap(len(files) + 2)
    for file in map(Path, files):
        tap.faults(f"checkpatch {file.name}", unless_known_good(
            f"{around}{CHECKPATCH}{file.read_text()}", checkpatch, tree, file))
    patterns = [line[2:].strip() for line in (TOP / "MAINTAINERS").read_text().splitlines() if line.startswith("F:")]
    # Of groups beside the core, others are the maintainers.
    others = [path for group in load().groups if group.name != "core" for patch in group.patch
              for path in files_of(patch, overlay_files())]
    present = git("ls-files", cwd=tree).splitlines()
    tap.faults("MAINTAINERS covers every file", [
        f"not covered: {path}" for path in overlay_files()
        if path not in others and not any(matches(path, known) for known in patterns)])
    tap.faults("MAINTAINERS covers only what is there", [
        f"no such file: {known}" for known in patterns if not any(matches(path, known) for path in present)])
    return tap


def is_shown(example, page):
    """Whether users find all of an example but its head in a page as it is."""
    body = example.read_text().partition("\n\n")[2]
    return textwrap.indent(body.strip().expandtabs(), "    ") in page.read_text()


def docs(tree):
    tap = Tap(2)
    tap.faults("the documentation shows the examples as they are", [
        example for example in EXAMPLES if not is_shown(example, TOP / "Documentation/virt/xen/grant-dma.rst")])
    log = BUILD / "docs.log"
    made = BUILD / "docs/Documentation/output/virt/xen"
    pages = [made / f"{page.stem}.html" for page in (TOP / "Documentation/virt/xen").glob("*.rst")]
    for page in pages:
        page.unlink(missing_ok=True)
    done = output("make", "-s", "-C", tree, f"O={BUILD}/docs", "SPHINXDIRS=virt", "htmldocs",
                  env={**DEBIAN_PYTHON, "MAKEFLAGS": ""})
    BUILD.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout)
    faults = [line for line in done.stdout.splitlines()
              if re.search(r"xen/grant-dma\S*: (WARNING|ERROR|CRITICAL|SEVERE)", line)]
    missing = [f"was not made: {page}" for page in pages if not page.exists()]
    if missing:
        faults += [*done.stdout.splitlines()[-20:], *missing, f"full log: {log}"]
    tap.faults("documentation builds", faults)
    return tap


class Kernel(NamedTuple):
    """A kernel to compile: where from, where to, for which architecture."""
    source: Path
    build: Path
    arch: str
    prefix: str

    def make(self, log, *targets):
        """Run make, return how it ended and what it said, which is kept in a log."""
        compiler = f"CROSS_COMPILE=ccache {self.prefix}"
        done = output("make", JOBS, "-s", "-C", self.source, f"O={self.build}", f"ARCH={self.arch}", compiler, *targets,
                      env={**os.environ, "MAKEFLAGS": "", "LOCALVERSION": "", "CCACHE_DIR": str(CACHE / "ccache"),
                           "CCACHE_BASEDIR": str(self.source.parent), "CCACHE_NOHASHDIR": "1"})
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout)
        return done.returncode, done.stdout


# Configured as users do it, with a defconfig and a fragment, where there is one of ours.
OURS = "xen_grant_dma.config"
VARIANTS = {
    "arm64": ("arm64", "aarch64-linux-gnu-", ["defconfig", OURS], []),
    "arm64 with 16K pages": ("arm64", "aarch64-linux-gnu-", ["defconfig", OURS], ["ARM64_16K_PAGES"]),
    "arm64 with 64K pages": ("arm64", "aarch64-linux-gnu-", ["defconfig", OURS], ["ARM64_64K_PAGES"]),
    "arm": ("arm", "arm-linux-gnueabihf-", ["multi_v7_defconfig", OURS], []),
    "x86_64": ("x86_64", "", ["x86_64_defconfig", "xen.config"], ["XEN_PVH", "XEN_VIRTIO"]),
}
# So that all of our files are compiled.
WANTED = ["DEBUG_FS", "FTRACE", "KUNIT", "OF_OVERLAY", "VIRTIO_LIAR_KUNIT_TEST", "VIRTIO_RING_KUNIT_TEST",
          "XEN_GRANT_DMA_KUNIT_TEST"]
SPARSE_KNOWS = TOP / "edits/sparse.h"
SPARSE = ["C=2", f"CF=-D__CHECK_ENDIAN__ -include {SPARSE_KNOWS}"]


def changed(tree):
    """The files that the series adds or changes; others have their own faults."""
    return git("diff", "--name-only", "--diff-filter=d", "base..HEAD", cwd=tree).splitlines()


def warnings(text, files):
    """The lines that complain about some of these files, or that there is no sparse."""
    names = "|".join(map(re.escape, files))
    return [line for line in text.splitlines()
            if re.search(rf"(^|/)({names}):.*\b(warning|error):|C=2 specified, but ", line)]


def compile_variant(tree, name):
    """Compile the driver alone with W=1 and sparse, return the complaints."""
    arch, prefix, configs, options = VARIANTS[name]
    build = BUILD / "compile" / name.replace(" ", "-")
    log = build.with_suffix(".log")
    kernel = Kernel(tree, build, arch, prefix)
    status, text = kernel.make(log, *configs)
    if not status:
        with open(build / ".config", "a") as file:
            file.writelines(f"CONFIG_{option}=y\n" for option in [*WANTED, *options])
        status, text = kernel.make(log, "olddefconfig", "prepare")
    if status:
        return [*text.splitlines()[-20:], f"full log: {log}"]
    known = (build / ".config").read_text()
    missing = [option for option in ["XEN_VIRTIO", *options] if f"CONFIG_{option}=y\n" not in known]
    if missing:
        return [f"option cannot be had: {option}" for option in missing]
    files = changed(tree)
    targets = [target for target in COMPILED if (tree / target.replace(".o", ".c")).exists()]
    if name == "arm64":  # has them all
        objects = [re.sub(r"\.c$", ".o", file) for file in files if file.endswith(".c") and not file.startswith("tools/")]
        targets += [each for each in objects if each not in targets and not each.startswith(COMPILED[0])]
    for target in targets:
        for made in build.glob(f"{target}*.o" if target.endswith("/") else target):
            made.unlink()
    status, text = kernel.make(log, "W=1", *SPARSE, *targets)
    return warnings(text, files) or status and [*text.splitlines()[-20:], f"full log: {log}"]


def built_from(commit, tree):
    """What of a commit a kernel is built from: the same where only documentation or the guest's tests differ."""
    return git("rev-parse", *(f"{commit}:{path}" for path in ("arch", "drivers", "include")), cwd=tree)


def build_commit(kernel, commit, config, log):
    git("reset", "--quiet", "--hard", commit, cwd=kernel.source)
    kernel.build.mkdir(parents=True, exist_ok=True)
    (kernel.build / "wanted.config").write_text(config)
    status, text = kernel.make(log, f"KCONFIG_ALLCONFIG={kernel.build}/wanted.config", "allnoconfig")
    if not status:
        status, text = kernel.make(log, "Image")
    return status and [*text.splitlines()[-20:], f"full log: {log}"]


def bisect(tree):
    """Build each commit that changes what is built, laid out as the test bed does it, so that ccache knows most."""
    series = [line.split(" ", 1) for line in
              git("log", "--reverse", "--format=%H %s", "base..HEAD", cwd=tree).splitlines()]
    untouched = git_tree(tree)._replace(commit=git("rev-parse", "base", cwd=tree))
    alone = [(commits(load().only(group), untouched, fixed_stamp())[-1], f"{group.name} alone") for group in load().groups]
    series += [(commit, name) for commit, name in alone if commit not in dict(series)]
    tap = Tap(len(series))
    bed = "tools/testing/selftests/xen/grant-dma/qemu"
    config = "".join((TOP / path).read_text() for path in (
        "arch/arm64/configs/xen_grant_dma.config", f"{bed}/kernel.config", f"{bed}/kunit.config"))
    config += "".join(f"CONFIG_{option}=y\n" for option in WANTED)
    base = built_from("base", tree)
    kernel = Kernel(BUILD / tree.name, BUILD / "kernel/main", "arm64", "aarch64-linux-gnu-")
    borrow(kernel.source, git_tree(tree))
    for number, (commit, subject) in enumerate(series, 1):
        content, log = built_from(commit, tree), BUILD / f"bisect-{number}.log"
        tap.faults(f"builds: {subject}", content != base and unless_known_good(
            f"{content}{config}", build_commit, kernel, commit, config, log))
    return tap


def parse_kconfig(tree):
    """The complaints of the kernel's own parser about the options by themselves."""
    done = output("make", "-s", "-C", tree, f"O={BUILD}/kconfig", f"KBUILD_KCONFIG={TOP}/Kconfig", "ARCH=arm64",
                  "allyesconfig", env={**os.environ, "MAKEFLAGS": ""})
    return done.stdout.splitlines() or done.returncode and [f"exit status {done.returncode}"]


def compile(tree):
    # Sizes of pages make no difference between bases.
    newest = is_newest(kernel_version(tree))
    names = [name for name in VARIANTS if newest or "pages" not in name]
    tap = Tap(len(names) + 1)
    tap.faults("Kconfig can be parsed by itself", parse_kconfig(tree))
    for name in names:
        content = f"{name}{built_from('HEAD', tree)}{VARIANTS[name]}{WANTED}{COMPILED}{SPARSE_KNOWS.read_text()}"
        tap.faults(f"sparse and W=1 on {name}", unless_known_good(content, compile_variant, tree, name))
    return tap


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("--tree", type=lambda path: Path(path).resolve(), required=True,
                        help="the kernel tree with the series")
    arguments = parser.parse_args()
    return CHECKS[arguments.check](arguments.tree).end()


CHECKS = {"scripts": scripts, "patches": patches, "docs": docs, "compile": compile,
          "bisect": bisect}


if __name__ == "__main__":
    sys.exit(main())
