# SPDX-License-Identifier: GPL-2.0-only
"""Tests of fetch.py, as TAP, with a small archive that is served from the loopback device."""

import hashlib
import http.server
import io
import os
import re
import subprocess
import tempfile
import threading
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import archive
import host
import items
import store
import tap
from items import OLDEST, linux, qemu, xen

HERE = Path(__file__).resolve().parent
LINUX = "6.12"
ITEMS = [xen(None), qemu(None), items.GUEST_ROOT, items.DTSCHEMA_ROOT, items.HERD, items.OLD_KERNEL, linux(LINUX)]
# Releases of Xen and QEMU by suite; all other packages have the suite's name in their version.
XEN = {"sid": "4.22.0", "forky": "4.21.1", "trixie-security": "4.20.4", "trixie": "4.20.3",
       "bookworm-security": "4.17.7", "bookworm": "4.17.5"}
QEMU = {"sid": "11.1", "forky": "11.1"}
SUITES = dict.fromkeys(suite for item in ITEMS for suite in item.suites)


def expect(condition, *what):
    """What a test is for."""
    if not condition:
        raise AssertionError(*what)


class Server(http.server.ThreadingHTTPServer):
    """Serves an archive; files can be taken away from it, damaged, and cut off."""

    def __init__(self, top):
        super().__init__(("127.0.0.1", 0), Handler)
        self.top, self.requests = top, []
        self.gone, self.cut = lambda path: False, False
        self.address = f"http://127.0.0.1:{self.server_port}/debian"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with a file, or the part of it that apt asks for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 (http.server's name)
        """A request of apt's."""
        path = self.path.replace("%2b", "+").replace("%3a", ":").removeprefix("/debian/")
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        self.server.requests.append((path, int(wanted[1]) if wanted else 0))
        file = self.server.top / path
        if self.server.gone(path) or not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        start = int(wanted[1]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Last-Modified", self.date_time_string(int(file.stat().st_mtime)))
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cut = self.server.cut and path.startswith("pool/")
        self.wfile.write(content[start:start + 1000] if cut else content[start:])
        self.close_connection = cut

    def log_message(self, *arguments):
        """Not on the terminal."""


def stanza(**fields):
    """A paragraph of a list."""
    return "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items()) + "\n"


def put(top, path, content):
    """Make a file; its hash."""
    (top / path).parent.mkdir(parents=True, exist_ok=True)
    (top / path).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def add_source(top, suite, package, version):
    """A source package of a suite; its paragraph."""
    directory = f"pool/{suite}/{package}"
    upstream = version.rpartition("-")[0]
    names = [f"{package}_{version}.dsc", f"{package}_{upstream}.orig.tar.xz", f"{package}_{version}.debian.tar.xz"]
    lines = ""
    for name in names:
        content = f"{suite} {name}\n".encode() * 200
        lines += f"\n {put(top, f'{directory}/{name}', content)} {len(content)} {name}"
    return stanza(Package=package, Binary=package, Version=version, Architecture="any", Format="3.0 (quilt)",
                  Directory=directory, Checksums_Sha256=lines)


def add_binary(top, suite, package, version, architecture, **fields):
    """A binary package of a suite; its paragraph."""
    path = f"pool/{suite}/{package}_{version}_{architecture}.deb"
    content = f"{suite} {package}\n".encode() * 100
    return stanza(Package=package, Version=version, Architecture=architecture, Maintainer="nobody", Description="none",
                  Filename=path, Size=len(content), SHA256=put(top, path, content), **fields)


def add_suite(top, suite, xen):
    """A suite, with all that is asked for."""
    mark = suite.replace("-", "+")
    release = ".".join(xen.split(".")[:2])
    sources = (add_source(top, suite, "xen", f"{xen}-1")
               + add_source(top, suite, "qemu", f"{QEMU.get(suite, '10.0')}+{mark}-1"))
    everywhere = ["meson", "python3-pycotap", f"linux-source-{LINUX}"]
    names = dict.fromkeys([*everywhere, *items.SYSROOT, *items.GUEST, *items.DTSCHEMA, *items.HERD.packages])
    lists = {"main/source/Sources": sources}
    for architecture in {"arm64", items.host_architecture()}:
        lists[f"main/binary-{architecture}/Packages"] = (
            add_binary(top, suite, f"xen-utils-{release}", f"{xen}-1", architecture)
            + "".join(add_binary(top, suite, name, f"1+{mark}", architecture) for name in names)
            + add_binary(top, suite, "linux-image-arm64", f"1+{mark}", architecture, Depends="linux-image-6.1-arm64")
            + add_binary(top, suite, "linux-image-6.1-arm64", f"1+{mark}", architecture))
    hashes = "".join(f" {put(top, f'dists/{suite}/{path}', text.encode())} {len(text)} {path}\n"
                     for path, text in lists.items())
    # Debian's releases do not end with their additions, which apt takes only where it is told to.
    put(top, f"dists/{suite}/Release",
        (f"Suite: {suite}\nCodename: {suite}\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nComponents: main\n"
         f"Architectures: {' '.join({'arm64', items.host_architecture()})}\nSHA256:\n{hashes}").encode())


class World:
    """A served archive, and a store that downloads from it."""

    def __init__(self, scratch):
        self.top, self.cache = scratch / "archive", scratch / "cache"
        for suite in SUITES:
            add_suite(self.top, suite, XEN.get(suite, "4.19.0"))
        self.server = Server(self.top)
        self.store = self.new_store()

    def new_store(self):
        """A store that knows nothing but its files."""
        addresses = {suite: self.server.address for suite in ("bookworm", "bookworm-security")}
        debian = archive.Archive(self.cache / "archive", addresses, "trusted=yes",
                                 ["Acquire::Retries=0", "Acquire::http::Proxy=false"])
        return store.Store(self.cache, lambda: debian)

    def take_away(self, *patterns):
        """From now on these paths are not there."""
        self.server.gone = lambda path: any(re.search(pattern, path) for pattern in patterns)

    def a_day_passes(self):
        """What was answered so far, was answered a day ago."""
        for answers in self.cache.glob("fetched/*/answers*.json"):
            os.utime(answers, (0, answers.stat().st_mtime - store.ASKED_AGAIN_AFTER))

    def left_half_made(self):
        """What is in the store that is not complete."""
        fetched = self.cache / "fetched"
        return [path for path in fetched.glob("*/*") if path.is_dir() and not (path / "about.json").exists()]


@contextmanager
def world(scratch):
    """A world while a test lasts."""
    made = World(scratch)
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


def refusal(call, *arguments):
    """The message of the Fault that a call must end with."""
    try:
        call(*arguments)
    except archive.Fault as fault:
        return str(fault)
    raise AssertionError("no fault")


def comes_from_each(item, taken_away, scratch):
    """An item comes from the first suite that has it, whichever of them are without it."""
    with world(scratch) as here:
        for number, suite in enumerate(item.suites):
            here.take_away(*(taken_away.format(suite=gone) for gone in item.suites[:number]))
            place = here.new_store().get(item)
            expect(place.name == suite, f"from {place.name} instead of {suite}")
            expect(not here.left_half_made(), here.left_half_made())
            others = [path.name for path in place.iterdir() if path.name != "about.json"
                      and not path.read_bytes().startswith(suite.encode())]
            expect(not others, f"not from {suite}: {others}")
            place.rename(scratch / "moved away")
            subprocess.run(["rm", "-r", scratch / "moved away"], check=True)


def can_not_be_had(item, taken_away, scratch):
    """With all suites gone, the message names the item, and each suite with its answer; nothing is left."""
    with world(scratch) as here:
        here.take_away(*(taken_away.format(suite=gone) for gone in item.suites))
        said = refusal(here.store.get, item)
        expect(said.startswith(item.what), said)
        for suite in item.suites:
            expect(re.search(rf"^  {suite}: .*404 Not Found", said, re.M), suite, said)
        expect("try again" in said and "mirror" in said, said)
        expect(not here.store.find(item) and not here.left_half_made(), here.left_half_made())


def tests_of_items():
    """A test for each item and each way in which a suite can be gone."""
    ways = {"suites are gone": "dists/{suite}/", "lists name files that are gone": "pool/{suite}/"}
    for item in ITEMS:
        for way, pattern in ways.items():
            yield (f"{item.name} comes from each suite in its order, where {way}",
                   lambda scratch, item=item, pattern=pattern: comes_from_each(item, pattern, scratch))
            yield (f"{item.name} can't be had, where {way} everywhere",
                   lambda scratch, item=item, pattern=pattern: can_not_be_had(item, pattern, scratch))


def test_xen_is_not_mixed_from_suites(scratch):
    with world(scratch) as here:
        here.take_away("pool/sid/xen-utils-4.22", "pool/forky/xen/xen_4.21.1.orig", "pool/trixie-security/libxen-dev")
        place = here.store.get(xen(None))
        expect(place.name == "trixie", place)
        expect(store.about(place)["Xen"] == store.about(place)["toolstack"] == "4.20.3-1", store.about(place))


def test_a_release_of_xen_is_chosen(scratch):
    with world(scratch) as here:
        expect(here.store.get(xen("4.20")).name == "trixie-security")
        expect(here.store.get(xen("4.17")).name == "bookworm-security")
        expect(here.store.get(xen(None)).name == "sid", "one that was chosen is the default")
        said = refusal(here.store.get, xen("4.2"))
        expect("Xen 4.2:" in said and "sid: its Xen is 4.22.0-1" in said, said)


def test_a_release_of_qemu_is_chosen(scratch):
    with world(scratch) as here:
        expect(here.store.get(qemu("11")).name == "forky")
        expect(here.new_store().find(qemu("11")).name == "forky", "not kept")
        expect(here.new_store().get(qemu(None)).name == "trixie-security", "one that was chosen is the default")
        said = refusal(here.store.get, qemu("12"))
        expect("QEMU 12:" in said and "sid: its QEMU is 11.1+sid-1" in said, said)


def test_oldest_xen(scratch):
    with world(scratch) as here:
        expect(here.store.get(xen(OLDEST)).name == "bookworm-security")
        here.take_away("pool/bookworm-security/")
        expect(here.new_store().find(xen(OLDEST)).name == "bookworm-security", "not kept")


def test_what_is_there_is_not_asked_for(scratch):
    with world(scratch) as here:
        for item in ITEMS:
            here.store.get(item)
        here.server.requests.clear()
        for item in ITEMS:
            here.new_store().get(item)
        expect(not here.server.requests, here.server.requests)


def test_other_packages_are_asked_for(scratch):
    with world(scratch) as here:
        fewer = items.GUEST_ROOT._replace(packages=items.GUEST[:-1])
        here.store.get(fewer)
        expect(here.new_store().find(fewer) and not here.new_store().find(items.GUEST_ROOT), "the old ones will do")
        here.server.requests.clear()
        here.new_store().get(items.GUEST_ROOT)
        expect(here.server.requests, "nothing was downloaded")
        expect(here.new_store().find(items.GUEST_ROOT), "not there")


def test_a_newer_xen_is_looked_for_when_asked(scratch):
    with world(scratch) as here:
        here.take_away("pool/(?!bookworm/)")
        expect(here.store.get(xen(None)).name == "bookworm")
        expect("404" in here.store.answers(xen(None))["sid"], here.store.answers(xen(None)))
        expect(here.new_store().get(xen(None), renew=True).name == "bookworm", "lost")
        here.take_away("pool/sid/")
        here.a_day_passes()
        expect(here.new_store().get(xen(None)).name == "bookworm", "asked without need")
        expect(here.new_store().get(xen(None), renew=True).name == "forky")
        here.a_day_passes()
        here.server.requests.clear()
        here.new_store().get(xen(None), renew=True)
        again = [path for path, _ in here.server.requests if path.startswith("pool/forky/")]
        expect(not again, again)
        expect(list(here.store.answers(xen(None))) == ["sid", "trixie-security", "trixie", "bookworm-security"],
               here.store.answers(xen(None)))


def test_a_newer_xen_is_looked_for_once_a_day(scratch):
    with world(scratch) as here:
        here.take_away("pool/(?!bookworm/)")
        here.store.get(xen(None))
        for asked in (False, True, False):
            if asked:
                here.a_day_passes()
            here.server.requests.clear()
            expect(here.new_store().get(xen(None), renew=True).name == "bookworm", "lost")
            expect(bool(here.server.requests) == asked, here.server.requests)


def test_a_download_that_was_cut_off_is_taken_up_again(scratch):
    with world(scratch) as here:
        here.server.cut = True
        refusal(here.store.get, linux(LINUX))
        expect(not here.left_half_made(), here.left_half_made())
        here.server.cut = False
        here.server.requests.clear()
        expect(here.new_store().get(linux(LINUX)).name == linux(LINUX).suites[0])
        began = [start for path, start in here.server.requests if "linux-source" in path]
        expect(began == [1000], here.server.requests)


def test_a_damaged_file_is_refused(scratch):
    with world(scratch) as here:
        for path in here.top.glob("pool/trixie*/qemu/*.orig.tar.xz"):
            path.write_bytes(path.read_bytes()[::-1])
        place = here.store.get(qemu(None))
        expect(place.name == "bookworm-backports", place)
        expect("Hash Sum mismatch" in here.store.answers(qemu(None))["trixie"], here.store.answers(qemu(None)))


def test_old_lists_are_allowed_for_sid_alone(scratch):
    """Apt looks at no date of an archive without a signature, so this is about what it is told."""
    with world(scratch) as here:
        here.take_away("pool/(?!bookworm/)")
        here.store.get(xen(None))
        told = {path.parent.name for path in here.cache.glob("archive/*/sources") if "valid" in path.read_text()}
        expect(told == {"sid-arm64"} and not any("Valid" in option for option in archive.OPTIONS), told)


def test_a_package_of_the_host_that_can_not_be_installed(scratch):
    said = refusal(host.install, ["gcc", "no-such-package"])
    expect("apt-get install: " in said and "by hand: no-such-package" in said, said)


def test_packages_are_named_before_apt_runs(scratch):
    said, run = io.StringIO(), host.run
    host.run = lambda command, environment=None: (print("apt ran"), run(["false"]))
    try:
        with redirect_stdout(said):
            refusal(host.install, ["gcc", "no-such-package"])
    finally:
        host.run = run
    named, _, after = said.getvalue().partition("apt ran")
    expect("no-such-package" in named and "gcc" not in named and after, said.getvalue())


def test_apt_can_be_forbidden(scratch):
    """The test bed's own Makefile, with an apt that tells of its use."""
    used, tools = scratch / "used", scratch / "tools"
    tools.mkdir()
    for name, script in (("apt-get", f"touch {used}"), ("dpkg-query", "true")):
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    done = subprocess.run(["make", "-C", HERE, "kunit", "NO_APT=1", f"BUILD={scratch}/build"], text=True,
                          env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expect(done.returncode and re.search("are missing, and NO_APT is set: .*qemu-system-arm", done.stdout), done.stdout)
    expect(not used.exists(), "apt was run")


def test_nothing_is_built_before_all_is_there(scratch):
    """The test bed's own Makefile, asked for a release that no suite has."""
    done = subprocess.run(["make", "-C", HERE, "boot", "XEN=9.9", f"BUILD={scratch}/build"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expect(done.returncode != 0 and "Xen 9.9:" in done.stdout and "sid: " in done.stdout, done.stdout)
    expect(not (scratch / "build").exists(), "something was built")


def is_cut_off():
    """Whether there is no network but the loopback device."""
    devices = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    return devices == ["lo"]


def goals_need_no_archive(goal):
    """A test: with all downloaded, a goal does without the archive."""
    def test(scratch):
        command = ["python3", HERE / "fetch.py", goal, "--base", os.environ["BASE"], "--out", scratch / "out"]
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect(done.returncode == 0 and (scratch / "out").exists(), done.stdout)
    return test


def main():
    """Run the tests."""
    tests = [*tests_of_items(), *tap.tests_in(globals())]
    offline = [(f"make {goal} needs no archive when all is there", goals_need_no_archive(goal))
               for goal in ("kunit", "boot", "check")]
    why = "" if is_cut_off() else "the network can't be cut off: unshare --net is not allowed"
    if not os.environ.get("BASE"):
        why = why or "BASE is not set"
    return tap.run_tests([*tests, *offline], {name: why for name, _ in offline if why})


if __name__ == "__main__":
    raise SystemExit(main())
