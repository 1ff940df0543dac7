"""aval machine: what is seen of this machine, what of it counts and what not, and why."""

import json
import re
from pathlib import Path

import pytest
from hosting import Machine

USES = {"used", "unreadable", "empty", "repeats", "plugged", "shared", "virtual", "assigned", "surplus", "displaced"}


@pytest.fixture
def machine(build, run, tmp_path, desk, licensed):
    return Machine(build, run, tmp_path / "machine", desk, licensed)


def told(machine, *options, **kwargs):
    return json.loads(machine.aval("machine", "--json", *options, **kwargs).stdout)


def serials():
    """What this computer tells of itself, as any user reads it."""
    files = [Path("/etc/machine-id"), *Path("/sys/class/net").glob("*/address"), *Path("/sys/block").glob("*/serial")]
    return {text for file in files if file.exists() and len(text := file.read_text().strip().lower()) > 5}


@pytest.mark.skipif(not Path("/sys/class/net/lo").exists() or not serials(), reason="this system shows no hardware")
def test_every_source_is_shown_with_what_it_counts_for_and_no_serial_unless_asked(machine):
    said = told(machine)
    assert said["sources"] and {source["use"] for source in said["sources"]} <= USES
    assert {"kind": "net", "place": "lo", "use": "virtual"}.items() <= next(
        source for source in said["sources"] if source["place"] == "lo").items()
    texts = machine.aval("machine").stdout + machine.aval("machine", "--json").stdout
    shown = machine.aval("machine", "--serials").stdout
    for serial in serials():
        assert serial not in texts.lower() and serial in shown
    for source in said["sources"]:
        line = next(line for line in shown.splitlines() if re.match(rf"{source['kind']} +{re.escape(source['place'] or 'handed in')} ", line))
        assert (" yes " in line) == (source["use"] == "used") and (source["use"] == "used" or source["why"] in line)


def test_an_identity_that_is_handed_in_counts_alone(machine):
    said = told(machine, env={"AVAL_MACHINE_ID": "pod-1"})
    assert said["handed_in"] == "yes" and said["used"] == 1
    assert [source["kind"] for source in said["sources"] if source["use"] == "used"] == ["identity"]
    others = {source["use"] for source in said["sources"] if source["kind"] != "identity"}
    assert "used" not in others and ("displaced" in others or not serials())


def test_it_says_by_which_id_each_vendor_knows_the_machine_and_whether_it_still_is_the_one(machine):
    assert told(machine)["identities"] == []
    machine.activate(env={"AVAL_MACHINE_ID": "pod-1"})
    mine = told(machine, env={"AVAL_MACHINE_ID": "pod-1"})["identities"]
    assert [(each["vendor"], each["described"], each["equal"], each["least"]) for each in mine] == [("acme.example", 1, 1, 1)]
    known = json.loads(machine.host.ctl("machines", "--json").stdout)["machines"]
    assert [each["machine"] for each in mine] == [each["machine"] for each in known]
    words = machine.aval("machine", env={"AVAL_MACHINE_ID": "pod-1"}).stdout
    assert f"acme.example knows this machine as {mine[0]['machine']}" in words
    assert "by 1 kinds of source: 1 as then, 1 needed" in words
    words = machine.aval("machine", env={"AVAL_MACHINE_ID": "pod-2"}).stdout
    assert f"acme.example knows as {mine[0]['machine']} another machine that uses {machine.folder}" in words


def test_an_identity_that_has_lost_its_form_is_said(machine):
    machine.activate()
    (machine.folder / "machines/acme.example").write_text("spoiled\n")
    assert "machines/acme.example" in machine.aval("machine", expect=5).stderr
