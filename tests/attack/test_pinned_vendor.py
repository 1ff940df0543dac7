"""A vendor of the attacker's own, written into the state folder: the command believes what it is told, the product with
its vendor's key compiled in (examples/studio.c) does not."""

import hashlib
import json
import shutil
import subprocess

import independent
import pytest
from hosting import environment
from independent import to_base64
from world import PRODUCT

# The key that stands in examples/studio.c. Everybody can make its secret half, so no real product may have it.
SEED = hashlib.sha256(b"Aval example vendor: everybody knows this key").digest()


@pytest.fixture
def studio(build, world):
    """studio(MACHINE) -> (exit status, what the product says it would do)."""

    def start(machine):
        done = subprocess.run([build / "examples" / "studio", world.home / machine], capture_output=True, text=True,
                              check=False, timeout=60, env=environment())
        return done.returncode, done.stdout + done.stderr

    return start


@pytest.fixture
def vendor(world):
    """The desk of the vendor who built the product."""
    key = independent.SigningKey("acme.example", SEED)
    desk = world.home / "vendor"
    world.run(world.vendor, "init", "acme.example", "--desk", desk, "--no-passphrase")
    (desk / "vendor.vkey").write_text(f"{key.verifier}\n")
    key_hash = str(key.verifier).split("+")[1]
    (desk / "vendor.key").write_text(f"PRIVATE+KEY+acme.example+{key_hash}+{to_base64(independent.ED25519 + SEED)}\n")
    (world.home / "studio.ini").write_text(PRODUCT)
    world.run(world.vendor, "product", world.home / "studio.ini", "--desk", desk, "--output", desk / "studio.product")
    return desk


def attacker_activates(world, machine):
    """The whole chain, by a vendor of the same name, on a host of its own: all of it fits together."""
    mallory = world.make_vendor("mallory")
    address = world.serve(world.make_host(mallory, "impostor", seats=1000000))
    folder = world.make_machine(mallory, machine, address)
    world.aval(machine, "activate")
    return folder


def test_the_product_is_licensed_by_its_own_vendor(world, vendor, studio):
    world.make_machine(vendor, "honest", world.serve(world.make_host(vendor)))
    status, said = studio("honest")
    assert status == 0 and "in grace" in said
    world.aval("honest", "activate")
    status, said = studio("honest")
    assert status == 0 and "licensed to University" in said and "export render" in said


def test_a_vendor_written_into_the_state_folder_licenses_nothing(world, vendor, studio):
    attacker_activates(world, "victim")
    assert json.loads(world.run_status("victim"))["state"] == "licensed", "the command believes what it is told"
    status, said = studio("victim")
    assert status == 1 and "not licensed (signer-unknown)" in said, said


def test_replacing_every_file_of_an_activated_product_licenses_nothing(world, vendor, studio):
    """The machine was activated honestly once; its product's files are then all replaced by the attacker's."""
    genuine = world.make_machine(vendor, "victim", world.serve(world.make_host(vendor)))
    world.aval("victim", "activate")
    world.aval("victim", "release")
    forged = attacker_activates(world, "attacker")
    for part in "machines", "secret":
        shutil.copy2(world.home / "attacker" / part / "acme.example", world.home / "victim" / part / "acme.example")
    shutil.rmtree(genuine)
    shutil.copytree(forged, genuine)
    assert json.loads(world.run_status("victim"))["state"] == "licensed"
    status, said = studio("victim")
    assert status == 1 and "not licensed (signer-unknown)" in said, said


@pytest.mark.parametrize("file, code", [("product", "state-broken"), ("license", "license-signer")])
def test_the_genuine_key_beside_forged_files_licenses_nothing(world, vendor, studio, file, code):
    """The vendor's public key is no secret, so an attacker may leave it where it is."""
    genuine = world.make_machine(vendor, "victim", world.serve(world.make_host(vendor)))
    world.aval("victim", "activate")
    forged = attacker_activates(world, "attacker")
    shutil.copy2(forged / file, genuine / file)
    status, said = studio("victim")
    assert status == 1 and f"not licensed ({code})" in said, said


def test_what_the_product_does_not_believe_it_does_not_change(world, vendor, studio):
    folder = attacker_activates(world, "victim")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    studio("victim")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
