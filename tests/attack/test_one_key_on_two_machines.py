"""A machine's owner who takes its key to a second computer: he has two of them on one seat, or has his operator accused of
that by the vendor's audit.

Each is tried on the real host, which must refuse it, and on one that does not look (dishonest.py), which the audit must
name: so that these tests can fail.
"""

import json

import independent
import pytest
from dishonest import DishonestHost
from world import Between, code_of, moment, send


class Owner:
    """He has activated his first computer, and heard what it sent."""

    def __init__(self, world, real):
        self.world, self.desk = world, world.make_vendor()
        if real:
            self.folder = world.make_host(self.desk, seats=2, extra=["--releases", 100])
            address = world.serve(self.folder)
        else:
            self.host = DishonestHost(world, self.desk)
            address = self.host.address
        self.between = Between(world, address)
        world.make_machine(self.desk, "first", self.between.address)
        world.aval("first", "activate")

    def second(self, number):
        """The second computer's request, by the first one's key: (status, code of a denial)."""
        known = independent.MachineNote.parse(self.between.last("/v1/activate").decode(), "request")
        text = independent.request_text(known.key, known.host_key, number, moment(), known.seen, "acme.example", "studio",
                                        "pro", hardware=[("board", b"another's board."), ("disk", b"and another disk")])
        status, body = send(self.between.host, "POST", "/v1/activate", self.world.machine_key("first").sign(text))
        self.said = body.decode()
        return status, code_of(body)

    def audit(self, expect=0):
        export = self.world.home / "export"
        if hasattr(self, "host"):
            export.write_bytes(self.host.export())
        else:
            export.unlink(missing_ok=True)
            self.world.run(self.world.build / "src/programs/avalctl", "ledger", "export", "--data", self.folder,
                           "--output", export)
        done = self.world.run(self.world.vendor, "audit", export, "--desk", self.desk, "--json", expect=expect)
        return [finding["error"] for finding in json.loads(done.stdout)["findings"]]


@pytest.fixture
def owner(world):
    return Owner(world, real=True)


def test_the_key_of_a_machine_with_a_seat_gets_none_for_other_hardware(owner):
    assert owner.second(1000) == (409, "other-hardware")
    assert owner.audit() == []
    ends = json.loads(owner.world.run_status("first"))["lease"]["expires"]
    assert f"a lease until {ends} that describes another computer" in owner.said
    denials = owner.world.run(owner.world.build / "src/programs/avalctl", "denials", "--data", owner.folder).stdout
    assert "other-hardware" in denials
    owner.world.aval("first", "renew", "--force")
    assert json.loads(owner.world.run_status("first"))["state"] == "licensed"


def test_who_has_given_the_lease_back_may_go_on_elsewhere_with_the_key(owner):
    owner.world.aval("first", "release")
    assert owner.second(1000) == (200, None)
    assert owner.audit() == []


def test_a_host_that_does_not_look_is_named_by_the_audit(world):
    owner = Owner(world, real=False)
    assert owner.second(1000) == (200, None)
    assert owner.audit(expect=4) == ["audit-hardware"]
