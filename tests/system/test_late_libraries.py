"""libcurl and c-ares are opened when they are first needed: who needs neither does without, and who does is told."""

import json
import os
import subprocess

import pytest
from hosting import Machine

CURL = "libcurl-gnutls.so.4", "libcurl.so.4"
CARES = ("libcares.so.2",)


@pytest.fixture
def machine(build, run, tmp_path, desk, licensed):
    return Machine(build, run, tmp_path / "state", desk, licensed)


@pytest.fixture
def without(tmp_path):
    """without(FILES): the environment of a machine on which these are not libraries."""
    def do(files):
        folder = tmp_path / "libraries"
        folder.mkdir(exist_ok=True)
        for file in files:
            (folder / file).write_text("no library")
        before = os.environ.get("LD_LIBRARY_PATH")
        return {"LD_LIBRARY_PATH": f"{folder}:{before}" if before else str(folder)}

    return do


@pytest.mark.parametrize("program", ["aval", "avald", "avalctl", "src/client/libaval.so"])
def test_nobody_is_linked_with_them(build, program):
    path = build / program if "/" in program else build / "src/programs" / program
    linked = subprocess.run(["readelf", "--dynamic", path], capture_output=True, text=True, check=True).stdout
    assert "libsodium" in linked and "libcurl" not in linked and "libcares" not in linked


def test_a_machine_without_libcurl_keeps_its_lease_and_says_what_is_missing(machine, without):
    machine.activate()
    bare = without(CURL)
    done = machine.aval("activate", "--json", env=bare, expect=17)
    failure = json.loads(done.stdout)
    assert failure["code"] == "library-missing" and "libcurl3-gnutls" in failure["message"]
    assert "libcurl-gnutls.so.4" in json.dumps(failure), "the system's own words are there"
    status = json.loads(machine.aval("status", "--json", env=bare).stdout)
    assert status["state"] == "licensed"
    machine.aval("activate")  # and with it again


def test_avalctl_without_libcurl_says_what_is_missing(licensed, without):
    failure = json.loads(licensed.ctl("status", "--json", env=without(CURL), expect=17).stdout)
    assert failure["code"] == "library-missing"


def test_without_c_ares_hosts_are_found_by_their_names_but_not_by_dns(machine, licensed, without):
    bare = without(CARES)
    failure = json.loads(machine.aval("host", "discover", "--json", env=bare, expect=17).stdout)
    assert failure["code"] == "library-missing" and "libc-ares2" in failure["message"]
    machine.aval("host", "set", f"localhost:{licensed.port}")
    machine.aval("activate", env=bare)
    assert machine.status()["state"] == "licensed"
