"""Somebody on the path of what a machine tells its operator, or a machine's own owner: nothing but that machine's own word
about that very request is kept, and whatever stands beside a request, the machine gets its lease.

Each attack is tried where it can be seen to fail: the same machine's untouched word is kept before it."""

import base64
import hashlib
import json

import independent
import pytest
from world import Between, field, send

ACTIVATE = "/v1/activate"


class Scene:
    """A host, and a machine that tells it its name; `between` hands everything on."""

    def __init__(self, world):
        self.world, self.desk = world, world.make_vendor()
        self.folder = world.make_host(self.desk)
        self.address = world.serve(self.folder, "--machines-about", "yes")
        self.between = Between(world, self.address)
        self.machine("one", "lesesaal-1")
        assert self.told() == "lesesaal-1"

    def machine(self, name, says):
        self.world.make_machine(self.desk, name, self.between.address)
        self.world.aval(name, "about", "tell", "name", says)
        self.world.aval(name, "activate")

    def control(self, *words):
        return self.world.run(self.world.build / "src/programs/avalctl", *words, "--data", self.folder, "--json").stdout

    def told(self, name="one"):
        id = json.loads(self.world.run_status(name))["machine"]
        return json.loads(self.control("machines", "show", id))["licenses"][0]["name"]

    def renew(self, change, name="one"):
        """The machine renews, and what it sends is changed on its way; it has a lease of that request."""
        self.between.changes[ACTIVATE] = change
        self.world.aval(name, "about", "tell", "name", "renewed")
        before = len(self.between.heard)
        self.world.aval(name, "renew", "--force")
        assert len(self.between.heard) > before
        del self.between.changes[ACTIVATE]
        assert self.between.answer(ACTIVATE)[0] == 200
        assert json.loads(self.world.run_status(name))["state"] == "licensed"
        assert json.loads(self.control("status"))["denied"] == []


@pytest.fixture
def scene(world):
    return Scene(world)


def parts(body):
    """The request's note and the about's, as a machine sends them."""
    at = body.index(b"\n\n", body.index(b"\n\n") + 2)
    return body[: at + 1], body[at + 2:]


def beside(request, about):
    return request + b"\n" + about


def signed(scene, request, lines):
    """What the machine's owner has the machine's key sign beside that request."""
    digest = base64.b64encode(hashlib.sha256(request).digest()).decode()
    return scene.world.machine_key("one").sign(f"aval about v1\nrequest {digest}\n" + lines).encode()


def test_what_its_owner_signs_by_hand_is_kept(scene):
    """So that the others fail for what they are, and not for how they are made."""
    scene.renew(lambda body: beside(parts(body)[0], signed(scene, parts(body)[0], "name by hand\n")))
    assert scene.told() == "by hand"


def test_taken_out_on_the_path_it_costs_no_lease(scene):
    scene.renew(lambda body: parts(body)[0])
    assert scene.told() == "lesesaal-1"


def flip(about, at):
    return about[:at] + bytes([about[at] ^ 1]) + about[at + 1:]


@pytest.mark.parametrize("change", [
    lambda about: about.replace(b"renewed", b"somebody"),
    lambda about: flip(about, len(about) - 10),
    lambda about: flip(about, 20),
    lambda about: about + about,
    lambda about: about[:-1],
    lambda about: b"",
    lambda about: b"\n",
    lambda about: b"\x00\xff\x1b[31m",
    lambda about: b"a" * 3000,
    lambda about: b"a\n\n" * 1000,
    lambda about: b"\n" * 3000,
], ids=range(11))
def test_changed_on_the_path_it_is_dropped_and_costs_no_lease(scene, change):
    scene.renew(lambda body: beside(parts(body)[0], change(parts(body)[1]) or b"\n"))
    assert scene.told() == "lesesaal-1"


def test_beside_another_machines_request_it_is_nothing(scene):
    scene.machine("two", "lesesaal-2")
    others = parts(scene.between.last(ACTIVATE))[1]
    assert b"lesesaal-2" in others
    scene.renew(lambda body: beside(parts(body)[0], others))
    assert scene.told() == "lesesaal-1" and scene.told("two") == "lesesaal-2"


def test_beside_a_later_request_of_the_same_machine_it_is_nothing(scene):
    earlier = parts(scene.between.last(ACTIVATE))[1]
    scene.renew(lambda body: body)
    assert scene.told() == "renewed"
    scene.renew(lambda body: beside(parts(body)[0], earlier))
    assert scene.told() == "renewed"


def test_an_earlier_about_does_not_come_back_with_its_request(scene):
    recorded = scene.between.last(ACTIVATE)
    scene.world.aval("one", "about", "tell", "nothing")
    scene.world.aval("one", "renew", "--force")
    assert scene.told() == ""
    send(scene.address, "POST", ACTIVATE, recorded)
    assert scene.told() == ""


def test_a_stranger_puts_his_words_beside_nobodys_request(scene):
    """He signs with a key of his own, in the machine's name and in his."""
    def strange(key):
        def change(body):
            request = parts(body)[0]
            digest = base64.b64encode(hashlib.sha256(request).digest()).decode()
            return beside(request, key.sign(f"aval about v1\nrequest {digest}\nname mine\n").encode())
        return change

    own = scene.world.machine_key("one")
    for key in (independent.MachineKey(), independent.SigningKey(own.verifier.name)):
        scene.renew(strange(key))
        assert scene.told() == "lesesaal-1"


@pytest.mark.parametrize("lines", [
    "name \x1b[2Jcleared\n",
    "name a\u202eb\n",
    "name a\u2028b\n",
    "name a\u200bb\n",
    "name \u009b31m\n",
    "name " + "x" * 129 + "\n",
    "name two\nname lines\n",
    "version " + "x" * 64 + "\n",
    "".join(f"data k{n} v\n" for n in range(9)),
    "data k v\ndata k w\n",
    "data K v\n",
    "data k " + "x" * 129 + "\n",
    "motto carpe diem\n",
], ids=range(13))
def test_what_shows_something_else_than_it_is_is_dropped_although_the_machine_signed_it(scene, lines):
    scene.renew(lambda body: beside(parts(body)[0], signed(scene, parts(body)[0], lines)))
    assert scene.told() == "lesesaal-1"


def test_no_page_of_the_host_shows_it_to_the_network(scene):
    for page in ("/v1/introduction/acme.example/studio/pro", "/v1/revocations/acme.example", "/healthz", "/readyz"):
        assert b"lesesaal" not in send(scene.address, "GET", page)[1]
    assert b"lesesaal" not in b"".join(body for _, _, body in scene.between.said)
    assert b"lesesaal" not in (scene.folder / "log").read_bytes()
    request, about = parts(scene.between.last(ACTIVATE))
    assert b"lesesaal" in about and b"lesesaal" not in request
    assert field(about.decode(), "request") == base64.b64encode(hashlib.sha256(request).digest()).decode()
