"""An operator takes a license out of his data folder, so that the host forgets the numbers of what was asked under it."""

import json

import independent
from test_strangers import Scene, audit
from world import code_of, send


def test_a_number_that_is_forgotten_with_its_license_is_found_by_the_audit(world):
    """The recorded request gets its seat again, and the ledger shows it to the vendor. Nobody else is deceived: the machine
    that signed it has given a later number back."""
    scene = Scene(world, False)
    recorded = scene.request()
    used = json.loads(world.run_status("victim"))["lease"]["license"]
    world.aval("victim", "release")
    world.license(scene.desk, scene.folder, output="second.license")
    status, body = send(scene.address, "POST", "/v1/activate", recorded)
    assert (status, code_of(body)) == (409, "number-used"), "whatever license is tried"
    (scene.folder / "vendors" / "acme.example" / "licenses" / used).unlink()
    world.run(world.build / "src" / "programs" / "avalctl", "reload", "--data", scene.folder)
    status, body = send(scene.address, "POST", "/v1/activate", recorded)
    assert status == 200 and independent.Proof.parse(body.decode().split("\n\n", 1)[1]).index == 2
    found = audit(world, scene, expect=4)
    assert [finding["error"] for finding in found["findings"]] == ["audit-number"]
    assert [finding["index"] for finding in found["findings"]] == [2]
