"""What activators do, tried on Aval with real programs: each technique must fail, by the name of the link it breaks.

Everything here attacks this project's own test vendor, host and machines on loopback.
"""

import json
import shutil

import independent
import pytest
from world import Between, code_of, field, introduction, lease_for, moment, send


def answer_with(lease, key):
    """A whole answer whose ledger holds this lease alone, signed by a key."""
    leaf = independent.leaf_hash(lease.encode())
    checkpoint = independent.Checkpoint(key.verifier.name, 1, independent.tree_root([leaf]))
    proof = independent.Proof(lease.encode(), 0, [], key.sign(checkpoint.text()))
    return f"aval answer v1\nrevocations 0\n\n{proof.text()}".encode()


@pytest.fixture
def attacked(world):
    """An honest world, its license, and the machine that the attacker wants activated."""
    world.desk = world.make_vendor()
    world.host = world.make_host(world.desk)
    world.license_note = (world.host / "granted.license").read_text()
    world.license_text = world.license_note[: world.license_note.rindex("\n\n") + 1]
    return world


def attack(world, answer, key=None, machine="victim"):
    """Points the machine at a host that gives `answer(request)` and the genuine license. It introduces itself under `key`;
    without one, as the genuine host did to somebody who listened."""
    key = key or independent.SigningKey.parse(world.host_secret(world.host))

    def reply(method, path, body):
        if path.startswith("/v1/introduction/"):
            return 200, introduction(world.license_note, key)
        if path.startswith("/v1/license/"):
            return 200, world.license_note.encode()
        if path == "/v1/activate":
            return 200, answer(body.decode())
        return 404, b""

    world.make_machine(world.desk, machine, world.fake(reply).address)


def test_the_forger_of_this_suite_is_believed_when_it_holds_the_real_key(attacked):
    """Without this, every refusal below might be the forger's clumsiness."""
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))
    attack(attacked, lambda request: answer_with(lease_for(request, attacked.license_text), key))
    attacked.aval("victim", "activate")
    assert json.loads(attacked.run_status("victim"))["state"] == "licensed"


def test_an_emulated_host_that_says_activated_is_not_believed(attacked):
    for body in (b"activated\n", b"HTTP/1.1 200 OK", b'{"status": "activated"}', b""):
        fake = attacked.fake(lambda method, path, request, body=body: (200, body))
        attacked.make_machine(attacked.desk, "victim", fake.address)
        attacked.refused("victim", "host-answer", expect=17)


def test_an_emulated_host_with_a_vendor_of_its_own_is_not_believed(attacked):
    mallory = attacked.make_vendor("mallory")
    host = attacked.make_host(mallory, "impostor", seats=1000000)
    attacked.make_machine(attacked.desk, "victim", attacked.serve(host))
    attacked.refused("victim", "license-signer")


def test_a_genuine_license_on_a_host_without_its_key_is_not_believed(attacked):
    own = independent.SigningKey("kms.uni.example/acme.example")
    for key in (own, None):  # the introduction he has heard himself; the answer needs the key
        attack(attacked, lambda request: answer_with(lease_for(request, attacked.license_text), own), key)
        attacked.refused("victim", "checkpoint-signer")


def test_a_genuine_license_with_more_seats_written_in_is_not_believed(attacked):
    attacked.license_note = attacked.license_note.replace("seats 10\n", "seats 90\n")
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))
    attack(attacked, lambda request: answer_with(lease_for(request, attacked.license_text), key))
    attacked.refused("victim", "license-signer")


def test_a_lease_of_one_machine_is_not_believed_by_another(attacked):
    address = attacked.serve(attacked.host)
    lease = attacked.make_machine(attacked.desk, "honest", address) / "lease.tlog-proof"
    attacked.aval("honest", "activate")
    answer = b"aval answer v1\nrevocations 0\n\n" + lease.read_bytes()
    attack(attacked, lambda request: answer)
    attacked.refused("victim", "lease-other-machine")


def test_an_answer_recorded_earlier_gives_nothing_that_it_has_not_given_before(attacked):
    """A proxy that keeps the machine's own first answer and plays it at the next renewal: a running lease, given again."""
    between = Between(attacked, attacked.serve(attacked.host))
    folder = attacked.make_machine(attacked.desk, "victim", between.address)
    attacked.aval("victim", "activate")
    recorded = (folder / "lease.tlog-proof").read_bytes()
    between.forged["/v1/activate"] = 200, between.answer("/v1/activate")[1]
    attacked.aval("victim", "renew", "--force")
    assert (folder / "lease.tlog-proof").read_bytes() == recorded
    # what it gave back nobody gives it again: the release had a higher number
    attacked.aval("victim", "release")
    said = attacked.aval("victim", "activate", expect=4)
    assert "(lease-other-request)" in said.stdout + said.stderr
    assert json.loads(attacked.run_status("victim"))["state"] != "licensed"


@pytest.mark.parametrize("line, value", [
    ("expires", moment(3000)), ("edition", "edu"), ("number", "77"), ("renew-after", "179d"),
])
def test_a_lease_changed_on_the_network_is_not_believed(attacked, line, value):
    """A man in the middle of an honest host: he has no key, so the leaf he writes is not the one that was logged."""
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))

    def answer(request):
        lease = lease_for(request, attacked.license_text)
        leaf = independent.leaf_hash(lease.encode())
        checkpoint = independent.Checkpoint(key.verifier.name, 1, independent.tree_root([leaf]))
        changed = lease.replace(f"\n{line} {field(lease, line)}\n", f"\n{line} {value}\n", 1)
        assert changed != lease
        proof = independent.Proof(changed.encode(), 0, [], key.sign(checkpoint.text()))
        return f"aval answer v1\nrevocations 0\n\n{proof.text()}".encode()

    attack(attacked, answer)
    attacked.refused("victim", "proof-wrong")


@pytest.mark.parametrize("changes, code", [
    ({"days": 181}, "lease-dates"),
    ({"renew_after": "30d"}, "lease-dates"),
    ({"license": "0" * 20}, "lease-other-license"),
    ({"issued": moment(-1), "expires": moment(170)}, "lease-dates"),
])
def test_an_operator_who_signs_more_than_his_license_allows_is_not_believed(attacked, changes, code):
    """Here the attacker is the licensed operator, with the real host key."""
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))
    attack(attacked, lambda request: answer_with(lease_for(request, attacked.license_text, **changes), key))
    attacked.refused("victim", code)


@pytest.mark.parametrize("line, value", [("product", "other"), ("edition", "edu"), ("state", "licensed"), ("number", "9")])
def test_an_operator_who_writes_another_request_down_is_not_believed(attacked, line, value):
    """What the machine signed stands in the leaf byte for byte, or it is not its own."""
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))

    def answer(request):
        lease = lease_for(request, attacked.license_text)
        return answer_with(lease.replace(f"\n{line} {field(request, line)}\n", f"\n{line} {value}\n"), key)

    attack(attacked, answer)
    attacked.refused("victim", "lease-other-request")


def test_an_operator_who_has_another_machine_sign_is_not_believed(attacked):
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))
    other = independent.MachineKey()

    def answer(request):
        text = request[: request.rindex("\n\n") + 1]
        text = text.replace(field(text, "machine-key"), str(other.verifier))
        return answer_with(lease_for(other.sign(text), attacked.license_text), key)

    attack(attacked, answer)
    attacked.refused("victim", "lease-other-machine")


def test_an_operator_cannot_add_features_the_vendor_did_not_sell(attacked):
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))
    attack(attacked, lambda request: answer_with(
        lease_for(request, attacked.license_text).replace("\n\n", "\nfeature zebra\n\n", 1), key))
    attacked.refused("victim", "lease-features")


def test_an_operator_whose_license_has_ended_cannot_go_on(world):
    desk = world.make_vendor()
    host = world.make_host(desk, extra=("--from", moment(-20)[:10], "--until", moment(-10)[:10]))
    world.make_machine(desk, "victim", world.serve(host))
    world.refused("victim", "license-ended", expect=14)
    world.desk, world.host = desk, host
    world.license_note = (host / "granted.license").read_text()
    world.license_text = world.license_note[: world.license_note.rindex("\n\n") + 1]
    key = independent.SigningKey.parse(world.host_secret(host))
    attack(world, lambda request: answer_with(lease_for(request, world.license_text), key))
    world.refused("victim", "license-not-in-force", expect=14)


def test_a_license_for_the_cheaper_edition_does_not_activate_the_dearer(world):
    desk = world.make_vendor()
    host = world.make_host(desk, edition="edu")
    world.make_machine(desk, "victim", world.serve(host), edition="pro")
    world.refused("victim", "no-license", expect=14)


def test_a_lease_copied_into_another_state_folder_is_worth_nothing(world):
    desk = world.make_vendor()
    address = world.serve(world.make_host(desk, seats=1))
    honest = world.make_machine(desk, "honest", address)
    world.aval("honest", "activate")
    victim = world.make_machine(desk, "victim", address)
    world.refused("victim", "no-seats", expect=11)
    for file in honest.iterdir():
        if file.is_file():
            shutil.copy2(file, victim / file.name)
    status = json.loads(world.run_status("victim"))
    assert (status["state"] == "licensed", status["code"]) == (False, "lease-other-machine")


def test_a_lease_in_the_state_folder_cannot_be_lengthened_with_an_editor(attacked):
    address = attacked.serve(attacked.host)
    folder = attacked.make_machine(attacked.desk, "victim", address)
    attacked.aval("victim", "activate")
    path = folder / "lease.tlog-proof"
    proof = independent.Proof.parse(path.read_text())
    lease = proof.extra.decode()
    longer = lease.replace(field(lease, "expires"), moment(3000))
    path.write_text(independent.Proof(longer.encode(), proof.index, proof.path, proof.checkpoint).text())
    status = json.loads(attacked.run_status("victim"))
    assert status["state"] != "licensed"


def test_the_generic_volume_key_alone_activates_nothing(attacked):
    attacked.make_machine(attacked.desk, "victim", "127.0.0.1:1")
    attacked.refused("victim", "host-unreachable", expect=17)


def test_a_seat_cannot_be_freed_by_somebody_who_only_saw_the_lease(attacked):
    """Everything in a lease is public; the machine's key is not."""
    address = attacked.serve(attacked.host)
    folder = attacked.make_machine(attacked.desk, "honest", address)
    attacked.aval("honest", "activate")
    lease = independent.Proof.parse((folder / "lease.tlog-proof").read_text()).extra.decode()
    _, request = independent.open_leaf(lease)
    text = independent.release_text(request.key, request.host_key, request.number + 1, moment(), request.seen,
                                    field(lease, "license"))
    own = independent.MachineKey()
    for note in (own.sign(text), own.sign(text).replace(own.id, request.key.name),
                 text + request_signature(lease)):
        status, body = send(address, "POST", "/v1/release", note)
        assert (status, code_of(body)) == (400, "request-refused"), body
    attacked.aval("honest", "release")


def request_signature(lease):
    """The machine's own signature, of something else."""
    return lease[lease.rindex("\n\n") + 1 :]
