"""The owner of a machine has it ask again and again, so that the ledger of his employer's host grows until the disk is full.

Each way is tried on the real host, and on one that gives a lease whenever it is asked (credulous.py), whose ledger grows
as he likes: so that these tests can fail.
"""

import independent
import pytest
from test_strangers import Scene, license_of
from world import code_of, moment, send

AT_ONCE = 5  # leases that a machine without one gets together
ASKED = 20
HARDWARE = [("board", b"board of a machine"[:16]), ("disk", b"its disk, of course"[:16])]


@pytest.fixture(params=["the real host", "a host that gives leases as it is asked"])
def scene(request, world):
    return Scene(world, request.param != "the real host")


class Owner:
    """He has his machine's secret key, and a program of his own in the place of libaval."""

    def __init__(self, scene):
        self.scene, self.key, self.number = scene, independent.MachineKey(), 0
        self.license = license_of(scene)
        scene.world.aval("victim", "release")  # the one seat
        self.known = independent.MachineNote.parse(scene.request(), "request")

    def ask(self, state):
        """Returns the code of a denial; None: it was a lease."""
        self.number += 1
        text = independent.request_text(self.key.verifier, self.known.host_key, self.number, moment(), self.known.seen,
                                        "acme.example", "studio", "pro", state=state, hardware=HARDWARE)
        return self.send("/v1/activate", text)

    def give_back(self):
        self.number += 1
        text = independent.release_text(self.key.verifier, self.known.host_key, self.number, moment(), self.known.seen,
                                        self.license)
        return self.send("/v1/release", text)

    def send(self, path, text):
        status, body = send(self.scene.address, "POST", path, self.key.sign(text))
        return None if status == 200 else code_of(body)


@pytest.mark.parametrize("state", ["licensed", "unlicensed"])
def test_who_asks_without_end_is_given_the_lease_that_he_has(scene, state):
    owner = Owner(scene)
    size = scene.ledger_size()
    assert [owner.ask(state) for _ in range(ASKED)] == [None] * ASKED
    grown = scene.ledger_size() - size
    assert grown == ASKED if scene.weak else 1 <= grown <= (1 if state == "licensed" else AT_ONCE)


def test_who_takes_a_seat_and_gives_it_back_without_end_is_told_to_wait(scene):
    owner = Owner(scene)
    size = scene.ledger_size()
    codes = []
    for _ in range(ASKED):
        codes.append(owner.ask("unlicensed"))
        if codes[-1] is None:
            assert owner.give_back() is None
    taken = codes.count(None)
    assert scene.ledger_size() - size == 2 * taken
    assert taken == (ASKED if scene.weak else AT_ONCE)
    if not scene.weak:
        assert set(codes[AT_ONCE:]) == {"asked-too-often"}
        assert scene.activates("somebody else"), "he keeps no seat from others"
