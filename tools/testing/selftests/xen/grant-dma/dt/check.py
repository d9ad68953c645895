#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check the bindings of Xen's IOMMUs with a kernel's other bindings, in TAP.

Needs dtschema, yamllint, make, a C compiler, flex and bison; reads KDIR only.
To read all bindings takes half a minute. So the schema that comes of it is kept
in the cache, and tells that our bindings and the cases passed with these bindings.
A device tree in cases/ has to be accepted, unless it says "rejected: REASON".

Whether a backend's domain ID is in range is no matter of a binding: the cell
stands in the consumer's node, and a schema sees one node only, so it can't tell
whose cell it is. That check is the driver's.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "qemu"))
from tap import Tap  # noqa: E402 (where it lies was not known before)
BINDINGS = Path("Documentation/devicetree/bindings")
OURS = [Path("iommu/xen,grant-dma.yaml"), Path("iommu/xen,iommu-el2-v1.yaml")]
SCHEMA = BINDINGS / "processed-schema.json"  # all bindings, as dt-validate reads them
NEEDED = ["Makefile", "scripts", "arch/arm64/Makefile", "include/dt-bindings",
          "Documentation/devicetree"]
SINCE_7 = "tools/lib/python"  # what scripts import
LINES_SHOWN = 20


def fingerprint(kdir):
    """Stands for the sources that the verdicts on bindings and cases depend on."""
    digest = hashlib.sha256()
    for top in [HERE, *(kdir / name for name in NEEDED)]:
        for path in sorted([top, *top.rglob("*")]):
            if path.is_file():
                name = str(path.relative_to(top))
                digest.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def make_tree(kdir, tree):
    """Copy what dt_binding_check needs of the kernel, with our bindings among its own."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    needed = [*NEEDED, *([SINCE_7] if (kdir / SINCE_7).exists() else [])]
    subprocess.run(["cp", "-a", "--parents", *needed, tree], cwd=kdir, check=True)


def binding_errors(tree, log):
    """What make dt_binding_check says, less its remarks on other bindings."""
    command = ["make", "-C", tree, "ARCH=arm64", "dt_binding_check", f"DT_SCHEMA_FILES={':'.join(map(str, OURS))}"]
    with log.open("w") as stdout:
        result = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True)
        stdout.write(result.stderr)
    others = re.compile(rf"\S*/{BINDINGS}/(?!{'|'.join(map(str, OURS))})\S+\.yaml: ")
    errors = [line for line in result.stderr.splitlines() if not others.match(line)]
    return (errors + exit_error(result))[-LINES_SHOWN:]


def dtb_errors(schema, dtb):
    """What dt-validate says of a device tree, one string an error."""
    if not dtb.exists():  # dt-validate would say nothing
        return [f"no {dtb}"]
    command = ["dt-validate", "-m", "-s", schema, dtb]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    errors = re.split(r"\n(?!\t)", result.stderr.strip()) if result.stderr else []
    return errors + exit_error(result)


def exit_error(result):
    return [f"{result.args[0]}: exit status {result.returncode}"] if result.returncode else []


def case_errors(tree, dts):
    """What is wrong with the verdict on a case."""
    dtb, dtc = tree / dts.with_suffix(".dtb").name, tree / "scripts/dtc/dtc"
    if not dtc.exists():
        return [f"no {dtc}: see above"]
    subprocess.run([dtc, "-q", "-o", dtb, dts], check=True)
    errors = dtb_errors(tree / SCHEMA, dtb)
    reason = rejection(dts)
    if not reason:
        return errors
    if any(reason in error for error in errors):
        return []
    return [f"not rejected for: {reason}", *errors]


def rejection(dts):
    found = re.search(r"^// rejected: (.+)", dts.read_text(), re.M)
    return found and found[1]


def guest_errors(schema, dtb):
    """What concerns our nodes in a guest's tree: Xen describes more than has a binding."""
    ours = ("xen,grant-dma", "virtio,mmio")
    absent = [f"no {name} node" for name in ours if f"{name}\0".encode() not in dtb.read_bytes()]
    return absent + [error for error in dtb_errors(schema, dtb) if any(name in error for name in ours)]


def keep(made, kept):
    """Put a file into the cache, all of it or nothing, in place of those before it."""
    shutil.rmtree(kept.parent, ignore_errors=True)
    kept.parent.mkdir(parents=True)
    shutil.copy(made, kept.with_suffix(".part"))
    return kept.with_suffix(".part").rename(kept)


def check_bindings(tap, kdir, build):
    """The bindings, their examples and the cases; the schema that comes of it."""
    tree = build / "tree"
    print("# reading all of the kernel's bindings takes about half a minute", flush=True)
    make_tree(kdir, tree)
    tap.faults(NAMES[0], binding_errors(tree, build / "log"))
    tap.faults(NAMES[1], [
        error for binding in OURS
        for error in dtb_errors(tree / SCHEMA, tree / BINDINGS / binding.with_suffix(".example.dtb"))])
    for dts, name in zip(CASES, NAMES[2:]):
        tap.faults(name, case_errors(tree, dts))
    return tree / SCHEMA


CASES = sorted(HERE.glob("cases/*.dts"))
NAMES = ["dt_binding_check", "examples fit the consumers' bindings",
         *(f"{dts.stem} is {'rejected' if rejection(dts) else 'accepted'}" for dts in CASES)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build/dt"), metavar="DIR")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR")
    parser.add_argument("--read-only", type=Path, default=[], nargs="+", metavar="DIR", help="what can't be written")
    parser.add_argument("kdir", type=Path, metavar="KDIR", help="kernel source")
    parser.add_argument("dtb", type=Path, metavar="DTB", nargs="?", help="a guest's /sys/firmware/fdt")
    args = parser.parse_args()

    tap = Tap(len(NAMES) + 2)
    name = "nothing but the output can be written"
    if args.read_only:
        tap.faults(name, [f"{path} can be" for path in args.read_only if os.access(path, os.W_OK)])
    else:
        tap.skip(name, "no --read-only")
    schema = args.cache / f"{fingerprint(args.kdir)}.json"
    if schema.exists():
        for name in NAMES:
            tap.result(name, True)
    else:
        made = check_bindings(tap, args.kdir, args.build)
        schema = keep(made, schema) if not tap.failed else made
    name = "device tree of a guest"
    if args.dtb and args.dtb.exists():
        tap.faults(name, guest_errors(schema, args.dtb))
    else:
        tap.skip(name, f"no {args.dtb}" if args.dtb else "none given")
    sys.exit(tap.end())


if __name__ == "__main__":
    main()
