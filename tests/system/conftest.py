"""What the system tests share: where the programs are, and one way to run them."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from hosting import OTHER, Desk, Host, Once, runner
from names import Dnsmasq

MESON = "/usr/bin/meson" if os.path.exists("/usr/bin/meson") else "meson"


def pytest_configure(config):
    config.addinivalue_line("markers", "threads: runs a host; also run under ThreadSanitizer")


@pytest.fixture(scope="session")
def build():
    """The build folder, from AVAL_BUILD."""
    folder = os.environ.get("AVAL_BUILD")
    if not folder:
        pytest.skip("AVAL_BUILD names no build folder")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def options(build):
    """The build's options, as Meson knows them."""
    return {option["name"]: option["value"]
            for option in json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())}


@pytest.fixture(scope="session")
def prefix(options):
    """What everything is installed below; /usr/local unless somebody ran `make install PREFIX=` in the build folder."""
    return options["prefix"]


@pytest.fixture(scope="session")
def installed(build, prefix, tmp_path_factory):
    """The same below a DESTDIR, as a package builder has it."""
    folder = tmp_path_factory.mktemp("destdir")
    subprocess.run([MESON, "install", "-C", str(build), "--no-rebuild", "--quiet", "--destdir", str(folder)], check=True,
                   stdout=subprocess.DEVNULL, timeout=120)
    return folder / prefix.lstrip("/")


@pytest.fixture
def run(tmp_path):
    """Runs programs in tmp_path; see hosting.py."""
    return runner(tmp_path)


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """What tests begin with; see hosting.py."""
    return Once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def desk(build, run, tmp_path, once):
    """A vendor's desk with the product studio; see hosting.py."""
    return Desk(build, run, tmp_path, once=once)


@pytest.fixture
def host(build, run, tmp_path, once):
    """An activation host that is not set up yet; see hosting.py. What runs at the end is stopped."""
    made = Host(build, run, tmp_path / "host", once=once)
    yield made
    made.stop()


@pytest.fixture
def licensed(host, desk):
    """The same, enrolled with the desk's vendor, with one license (threshold 1, 28 seats), and serving."""
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    return host.start()


@pytest.fixture
def two_vendors(host, desk, build, run, tmp_path, once):
    """A host with a license of each of two vendors, stopped."""
    other = Desk(build, run, tmp_path, OTHER, once)
    host.set_up(desk)
    host.enroll(other)
    host.avald("import", desk.license(host.request_file(), "pro.license"))
    host.avald("import", other.license(host.request_file(OTHER), "other.license"))
    return host


@pytest.fixture
def dnsmasq(tmp_path):
    """dnsmasq(LINE...): starts a name server that knows these records; see names.py."""
    with contextlib.ExitStack() as stack:
        def start(*lines):
            made = Dnsmasq(tmp_path, *lines)
            stack.callback(made.stop)
            return made

        yield start
