"""A stranger on the network: he knows a machine's id and key, has heard all it ever sent and was answered, and reads the
public ledger. The machine's secret key he has not got.

Each attack is tried on the real host, where it must come to nothing, and on one that believes what it is told
(credulous.py), where it must work: so that these tests can fail.
"""

import json
import shutil

import independent
import pytest
from credulous import CredulousHost
from world import Between, code_of, field, log_of, moment, send


class Scene:
    """A license of one seat, which the victim holds; `between` has heard it all."""

    def __init__(self, world, weak, numbers=False):
        self.world, self.weak, self.desk = world, weak, world.make_vendor()
        if weak:
            self.folder = None
            self.host = CredulousHost(world, self.desk, numbers=numbers)
            address = self.host.address
        else:
            self.folder = world.make_host(self.desk, seats=1, extra=["--releases", 100])
            address = world.serve(self.folder)
        self.between = Between(world, address)
        self.address = address
        self.machine("victim")
        world.aval("victim", "activate")

    def machine(self, name):
        return self.world.make_machine(self.desk, name, self.between.address)

    def licensed(self, name):
        return json.loads(self.world.run_status(name))["state"] == "licensed"

    def request(self):
        return self.between.last("/v1/activate").decode()

    def ledger_size(self):
        """As the newest answer to anybody shows it."""
        status, body = send(self.address, "GET", "/v1/introduction/acme.example/studio/pro")
        assert status == 200
        return int(independent.Introduction.parse(body).checkpoint.split("\n")[1])

    def activates(self, name):
        """Whether a machine that just came gets a lease."""
        self.machine(name)
        done = self.world.run_any(self.world.program, "--state", self.world.home / name, "activate")
        return done == 0


@pytest.fixture(params=["the real host", "a credulous host"])
def scene(request, world):
    return Scene(world, request.param == "a credulous host")


def in_the_name_of(note, signer, **changes):
    """That request or release with other lines, in the same name, with somebody else's signature."""
    text = note[: note.rindex("\n\n") + 1]
    for line, value in changes.items():
        text = text.replace(f"\n{line} {field(text, line)}\n", f"\n{line} {value}\n")
    key = independent.VerifierKey.parse(field(text, "machine-key"))
    signature = independent.key_id(key.name, key.public) + signer.private.sign(text.encode())
    return f"{text}\n\u2014 {key.name} {independent.to_base64(signature)}\n"


def release_in_the_name_of(request, license_id, signer, number):
    """A release that the stranger makes up from what he heard."""
    known = independent.MachineNote.parse(request, "request")
    text = independent.release_text(known.key, known.host_key, number, moment(), known.seen, license_id)
    return in_the_name_of(signer.sign(text), signer)


def license_of(scene):
    return json.loads(scene.world.run_status("victim"))["lease"]["license"]


def test_who_knows_a_machines_id_and_traffic_cannot_give_its_seat_to_a_thief(scene):
    stranger = independent.MachineKey()
    note = release_in_the_name_of(scene.request(), license_of(scene), stranger, 1000)
    status, body = send(scene.address, "POST", "/v1/release", note)
    assert scene.activates("thief") is scene.weak
    if not scene.weak:
        assert (status, code_of(body)) == (400, "request-refused")
        scene.world.aval("victim", "renew", "--force")
        scene.world.aval("victim", "release")
        assert scene.activates("later")


def test_who_knows_a_machines_id_and_traffic_cannot_ask_in_its_name(world):
    """He would use up its numbers, so that its own requests are refused from then on."""
    (world.home / "weak-world").mkdir()
    for weak in (False, True):
        scene = Scene(type(world)(world.build, world.run, world.home / "weak-world", world.once) if weak else world, weak, True)
        note = in_the_name_of(scene.request(), independent.MachineKey(), number=1000, time=moment())
        before = scene.ledger_size()
        status, body = send(scene.address, "POST", "/v1/activate", note)
        assert (status == 200, scene.ledger_size() > before) == (weak, weak)
        renewed = scene.world.run_any(scene.world.program, "--state", scene.world.home / "victim", "renew", "--force")
        assert (renewed == 0) is not weak
        assert scene.licensed("victim")
        if weak:
            scene.world.close()
        else:
            assert code_of(body) == "request-refused"
            scene.world.aval("victim", "release")


def test_one_seat_serves_one_machine_whatever_hardware_the_others_describe(scene):
    """Five keys of his own with the victim's hardware lines, as they stand in every lease."""
    heard = scene.request()
    if "\nhardware " not in heard:
        pytest.skip("this computer says nothing of its hardware")
    codes = []
    for _ in range(5):
        key = independent.MachineKey()
        text = heard[: heard.rindex("\n\n") + 1].replace(field(heard, "machine-key"), str(key.verifier))
        status, body = send(scene.address, "POST", "/v1/activate", key.sign(text))
        codes.append(code_of(body) if status != 200 else None)
    assert codes == ([None] * 5 if scene.weak else ["no-seats"] * 5)


def test_a_recorded_request_is_worth_nothing(scene):
    """The one before the last, the last, and both after the machine has given its seat back."""
    first = scene.request()
    scene.world.aval("victim", "release")
    scene.world.aval("victim", "activate")
    last = scene.request()
    assert int(field(last, "number")) > int(field(first, "number"))
    size = scene.ledger_size()
    status, body = send(scene.address, "POST", "/v1/activate", first)
    if scene.weak:
        assert status == 200 and scene.ledger_size() == size + 1
        return
    assert (status, code_of(body)) == (409, "number-used")
    _, leaf = independent.split_denial(body.decode())
    assert independent.split_leaf(leaf)[1] == last, "it is shown the last leaf, which anybody may read in the ledger"
    status, body = send(scene.address, "POST", "/v1/activate", last)
    assert status == 200 and scene.ledger_size() == size, "the running lease again, which is of use to the machine alone"
    scene.world.aval("victim", "release")
    for note in first, last:
        status, body = send(scene.address, "POST", "/v1/activate", note)
        assert (status, code_of(body)) == (409, "number-used")
    assert scene.activates("later"), "the seat is free"


def test_a_recorded_release_is_worth_nothing(scene):
    scene.world.aval("victim", "release")
    recorded = scene.between.last("/v1/release").decode()
    scene.world.aval("victim", "activate")
    status, body = send(scene.address, "POST", "/v1/release", recorded)
    assert (status == 200) is scene.weak
    assert scene.activates("thief") is scene.weak
    if not scene.weak:
        assert code_of(body) == "number-used"
        scene.world.aval("victim", "renew", "--force")


def test_a_recorded_request_is_worth_nothing_at_another_host(world):
    """Another customer's host has a license for the product too; what was meant for one is refused by the other."""
    scene = Scene(world, False)
    other = world.make_host(scene.desk, "other", "kms.other.example", seats=5)
    status, body = send(world.serve(other), "POST", "/v1/activate", scene.request())
    assert (status, code_of(body)) == (409, "request-other-host")


def test_what_is_not_signed_leaves_no_row_no_denial_and_no_count(world, build):
    scene = Scene(world, False)
    control = build / "src" / "programs" / "avalctl"

    def ask(*what):
        return json.loads(world.run(control, *what, "--json", "--data", scene.folder).stdout)

    before = ask("machines", "list")["machines"], ask("denials")["denials"], ask("licenses")["licenses"][0]["count"]
    log = log_of(scene.folder, "event=granted")
    for number in range(20):
        key = independent.MachineKey()
        text = scene.request().replace(field(scene.request(), "machine-key"), str(key.verifier))
        note = in_the_name_of(text, independent.MachineKey(), number=number + 1)
        status, body = send(scene.address, "POST", "/v1/activate", note)
        assert (status, code_of(body)) == (400, "request-refused")
    after = ask("machines", "list")["machines"], ask("denials")["denials"], ask("licenses")["licenses"][0]["count"]
    assert after == before
    assert (scene.folder / "log").read_text().count("\n") - log.count("\n") < 20


def audit(world, scene, expect=0):
    """The vendor's audit of the host's ledger."""
    control = world.build / "src" / "programs" / "avalctl"
    world.run(control, "ledger", "export", "--output", world.home / "export", "--data", scene.folder)
    done = world.run(world.vendor, "audit", world.home / "export", "--desk", scene.desk, "--json", expect=expect)
    return json.loads(done.stdout)


def test_who_copies_a_machines_whole_folder_is_seen_by_the_audit(world):
    """Root on the machine has its key, so nobody can keep him from it. He gives the seat back with one copy and goes on with
    the other: the leases that are outstanding are more than there are seats."""
    scene = Scene(world, False)
    assert all(row["outstanding"] <= row["seats"] for row in audit(world, scene)["true_up"])
    shutil.copytree(world.home / "victim", world.home / "copy", symlinks=True)
    world.aval("victim", "release")
    assert scene.licensed("copy") and not scene.licensed("victim")
    assert scene.activates("second")
    row, = audit(world, scene)["true_up"]
    assert (row["outstanding"], row["peak"], row["seats"]) == (2, 1, 1)


def test_without_the_machines_key_its_copied_lease_is_of_no_use(world):
    scene = Scene(world, False)
    shutil.copytree(world.home / "victim", world.home / "copy", symlinks=True)
    shutil.rmtree(world.home / "copy" / "secret")
    before = scene.ledger_size()
    scene.world.run_any(world.program, "--state", world.home / "copy", "renew", "--force")
    scene.world.run_any(world.program, "--state", world.home / "copy", "release")
    assert scene.ledger_size() == before
    assert not scene.activates("second"), "the seat is the victim's still"


def test_two_copies_with_one_key_betray_themselves(world):
    """Each uses numbers that the other has used: the host denies the lower ones, and both leave leaves under one key."""
    scene = Scene(world, False)
    shutil.copytree(world.home / "victim", world.home / "copy", symlinks=True)
    for _ in range(3):
        for name in "victim", "copy":
            for command in ["release"] if scene.licensed(name) else [], ["activate"]:
                world.run_any(world.program, "--state", world.home / name, *command)
    control = world.build / "src" / "programs" / "avalctl"
    denials = json.loads(world.run(control, "denials", "--json", "--data", scene.folder).stdout)["denials"]
    assert [row["code"] for row in denials].count("number-used") >= 1
