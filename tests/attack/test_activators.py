"""What activators do, tried on Aval with real programs: each technique must fail, by the name of the link it breaks.

Everything here attacks this project's own test vendor, host and machines on loopback.
"""

import json
import shutil

import independent
import pytest
from world import field, lease_for, moment


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


def attack(world, answer, machine="victim"):
    """Points the machine at a host that gives `answer(request)` and the genuine license."""

    def reply(method, path, body):
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
    attack(attacked, lambda request: answer_with(lease_for(request, attacked.license_text), own))
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


def test_an_answer_recorded_earlier_is_not_believed_again(attacked):
    """A proxy that keeps the machine's own first answer and plays it at the next renewal."""
    address = attacked.serve(attacked.host)
    folder = attacked.make_machine(attacked.desk, "victim", address)
    attacked.aval("victim", "activate")
    recorded = (folder / "lease.tlog-proof").read_bytes()
    fake = attacked.fake(lambda method, path, body: (200, b"aval answer v1\nrevocations 0\n\n" + recorded))
    attacked.aval("victim", "host", "set", fake.address)
    said = attacked.aval("victim", "renew", "--force", expect=4)
    assert "(lease-other-nonce)" in said.stdout + said.stderr
    assert (folder / "lease.tlog-proof").read_bytes() == recorded, "the lease in force must stay"


@pytest.mark.parametrize("line, value", [
    ("expires", moment(3000)), ("edition", "edu"), ("machine", "0" * 32), ("renew-after", "179d"),
])
def test_a_lease_changed_on_the_network_is_not_believed(attacked, line, value):
    """A man in the middle of an honest host: he has no key, so the leaf he writes is not the one that was logged."""
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))

    def answer(request):
        lease = lease_for(request, attacked.license_text)
        leaf = independent.leaf_hash(lease.encode())
        checkpoint = independent.Checkpoint(key.verifier.name, 1, independent.tree_root([leaf]))
        changed = lease_for(request, attacked.license_text, **{line.replace("-", "_"): value})
        assert changed != lease
        proof = independent.Proof(changed.encode(), 0, [], key.sign(checkpoint.text()))
        return f"aval answer v1\nrevocations 0\n\n{proof.text()}".encode()

    attack(attacked, answer)
    attacked.refused("victim", "proof-wrong")


@pytest.mark.parametrize("changes, code", [
    ({"days": 181}, "lease-dates"),
    ({"renew_after": "30d"}, "lease-dates"),
    ({"license": "0" * 20}, "lease-other-license"),
    ({"product": "other"}, "lease-other-product"),
    ({"machine": "0" * 32}, "lease-other-machine"),
])
def test_an_operator_who_signs_more_than_his_license_allows_is_not_believed(attacked, changes, code):
    """Here the attacker is the licensed operator, with the real host key."""
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))
    attack(attacked, lambda request: answer_with(lease_for(request, attacked.license_text, **changes), key))
    attacked.refused("victim", code)


def test_an_operator_cannot_add_features_the_vendor_did_not_sell(attacked):
    key = independent.SigningKey.parse(attacked.host_secret(attacked.host))
    attack(attacked, lambda request: answer_with(lease_for(request, attacked.license_text) + "feature zebra\n", key))
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
    """Everything in a lease is public; the secret behind its lock is not."""
    address = attacked.serve(attacked.host)
    folder = attacked.make_machine(attacked.desk, "honest", address)
    attacked.aval("honest", "activate")
    lease = independent.Proof.parse((folder / "lease.tlog-proof").read_text()).extra.decode()
    for secret in (bytes(32), independent.from_base64(field(lease, "lock"))):
        release = (f"aval release v1\nlicense {field(lease, 'license')}\nmachine {field(lease, 'machine')}\n"
                   f"secret {independent.to_base64(secret)}\n")
        answered = attacked.run("curl", "-s", "--data-binary", "@-", f"http://{address}/v1/release", stdin=release)
        assert "code release-secret" in answered.stdout
    attacked.aval("honest", "release")
