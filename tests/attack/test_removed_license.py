"""An operator takes a license out of his data folder: what its machines have asked stays asked, since the database knows it.
"""

import json

import pytest

from test_strangers import Scene, audit
from world import code_of, send


def remove_license(world, scene, license_id, restart):
    (scene.folder / "vendors" / "acme.example" / "licenses" / license_id).unlink()
    if not restart:
        world.run(world.build / "src" / "programs" / "avalctl", "reload", "--data", scene.folder)
        return
    process = world.processes.pop()
    process.terminate()
    process.wait(timeout=30)
    scene.address = scene.between.host = world.serve(scene.folder)


@pytest.mark.parametrize("restart", [False, True])
def test_a_number_is_not_forgotten_with_its_license(world, restart):
    """Of two licenses the one that a recorded request led to a lease under is removed. The machine has given that lease back
    since, so that the request would take the seat of somebody else, and accuse the operator in the audit."""
    scene = Scene(world, False)
    recorded = scene.request()
    used = json.loads(world.run_status("victim"))["lease"]["license"]
    world.aval("victim", "release")
    world.license(scene.desk, scene.folder, output="second.license")
    status, body = send(scene.address, "POST", "/v1/activate", recorded)
    assert (status, code_of(body)) == (409, "number-used"), "whatever license is tried"
    remove_license(world, scene, used, restart)
    status, body = send(scene.address, "POST", "/v1/activate", recorded)
    assert (status, code_of(body)) == (409, "number-used")
    world.aval("victim", "activate")
    assert json.loads(world.run_status("victim"))["lease"]["license"] != used
    assert audit(world, scene)["findings"] == []
