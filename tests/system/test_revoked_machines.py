"""Revocations reach machines: by a file that somebody brings, and where a host denies; nothing that is older or not the vendor's
changes anything, and the way back is a new license."""

import json
import re

import pytest
from clocks import Clock
from hosting import HOST, OTHER, Desk, Machine
from independent import SigningKey

TRUST = 4
NO_LICENSE = 14
UNLICENSED = 20


class Scene:
    """A machine with a lease of a license that its vendor then revokes, and a later list that revokes another one too."""

    def __init__(self, build, run, folder, desk, host):
        self.desk, self.host, self.clock = desk, host, Clock(folder)
        host.set_up(desk)
        license = desk.license(host.request_file())
        other = desk.license(host.request_file(), name="other.license")
        host.avald("import", license)
        host.start(prefix=self.clock.prefix)
        self.machine = Machine(build, run, folder / "machine", desk, host)
        self.machine.activate()
        self.first = desk.revoke(self.id_of(other), name="first.revocations")
        self.second = desk.revoke(self.id_of(license), name="second.revocations")

    @staticmethod
    def id_of(license):
        return re.search(r"^license (\S+)$", license.read_text(), re.MULTILINE)[1]

    def aval(self, *args, **more):
        return self.machine.aval(*args, env=self.clock.environment, **more)

    def status(self, expect=0):
        return json.loads(self.aval("status", "--json", expect=expect).stdout)


@pytest.fixture
def scene(build, run, tmp_path, desk, host):
    return Scene(build, run, tmp_path, desk, host)


def test_a_list_that_somebody_brings_ends_the_lease_that_it_names(scene):
    assert "taken for 1" in scene.aval("revocations", scene.first).stderr
    assert scene.status()["state"] == "licensed"
    assert json.loads(scene.aval("revocations", scene.second, "--json").stdout) == {"code": "ok", "products": 1}
    assert scene.status(UNLICENSED)["code"] == "license-revoked"
    scene.aval("revocations", scene.first)  # an older one
    assert scene.status(UNLICENSED)["code"] == "license-revoked"


def test_it_may_have_come_by_mail(scene):
    scene.second.write_bytes(b"Hello,\r\n" + re.sub(rb"(?m)^", b"> ", scene.second.read_bytes()).replace(b"\n", b"\r\n"))
    scene.aval("revocations", scene.second)
    assert scene.status(UNLICENSED)["code"] == "license-revoked"


def test_the_way_back_is_a_new_license(scene):
    scene.aval("revocations", scene.second)
    scene.host.avald("import", scene.second, scene.desk.license(scene.host.request_file(), name="new.license"))
    scene.host.ctl("reload")
    scene.aval("renew", "--all")
    assert scene.status()["state"] == "licensed"


def test_whose_renewal_is_denied_hears_why_from_the_host(scene):
    """The host grants nothing, and so told nothing of revocations."""
    scene.host.avald("import", scene.second)
    scene.host.ctl("reload")
    assert scene.status()["state"] == "licensed"
    scene.clock.set_days(8)
    scene.aval("renew", "--all", expect=NO_LICENSE)
    assert scene.status(UNLICENSED)["code"] == "license-revoked"


def test_what_is_not_the_vendors_changes_nothing(scene, build, run, tmp_path):
    stranger = Desk(build, run, tmp_path, OTHER)
    another = stranger.revoke("--host-key", SigningKey(f"{HOST}/{OTHER}").verifier, name="another.revocations")
    assert "no product of the vendor who signed it" in scene.aval("revocations", another, expect=TRUST).stderr
    text = scene.second.read_text()
    named = re.search(r"(?m)^license (\S+)$", text)[1]
    scene.second.write_text(text.replace(named, named[:-1] + ("a" if named[-1] != "a" else "b"), 1))
    assert "signature-wrong" in scene.aval("revocations", scene.second, expect=TRUST).stderr
    assert scene.status()["state"] == "licensed"
    assert "document-type" in scene.aval("revocations", scene.desk.product, expect=3).stderr
