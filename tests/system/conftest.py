"""What the system tests share: where the programs are, and one way to run them."""

import os
import subprocess
from pathlib import Path

import pytest

from hosting import Desk, Host


def pytest_configure(config):
    config.addinivalue_line("markers", "threads: runs a host; also run under ThreadSanitizer")


@pytest.fixture(scope="session")
def build():
    """The build folder, from AVAL_BUILD."""
    folder = os.environ.get("AVAL_BUILD")
    if not folder:
        pytest.skip("AVAL_BUILD names no build folder")
    return Path(folder).resolve()


@pytest.fixture
def run(tmp_path):
    """run(PROGRAM, ARGUMENT..., expect=0, env={...}, stdin="", cwd=...): runs it in tmp_path and checks its exit status.

    Returns the finished process, with stdout and stderr as text."""

    def run_it(*args, expect=0, env=None, stdin="", cwd=None, timeout=60):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AVAL_")}
        environment["NO_COLOR"] = "1"
        environment.update(env or {})
        done = subprocess.run(
            [str(a) for a in args],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd or tmp_path,
            env=environment,
            timeout=timeout,
            check=False,
        )
        said = f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}"
        assert done.returncode == expect, f"exit status {done.returncode} instead of {expect}: {said}"
        return done

    return run_it


@pytest.fixture
def desk(build, run, tmp_path):
    """A vendor's desk with the product studio; see hosting.py."""
    return Desk(build, run, tmp_path)


@pytest.fixture
def host(build, run, tmp_path):
    """An activation host that is not set up yet; see hosting.py. What runs at the end is stopped."""
    made = Host(build, run, tmp_path / "host")
    yield made
    made.stop()


@pytest.fixture
def licensed(host, desk):
    """The same, enrolled with the desk's vendor, with one license (threshold 1, 28 seats), and serving."""
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    return host.start()
