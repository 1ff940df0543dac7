"""What a machine tells its operator of itself: kept where it was allowed and signed, shown, forgotten, and in no ledger."""

import json

import pytest
from hosting import Machine

USAGE = 2


@pytest.fixture
def machine(build, run, tmp_path, desk, licensed):
    return Machine(build, run, tmp_path / "machine", desk, licensed)


def told(host, machine):
    """What the host shows of the machine, and of what it is called."""
    row = host.json("machines", "show", machine.status()["machine"])["licenses"][0]
    return {key: row[key] for key in ("name", "version", "data")}


NOTHING = {"name": "", "version": "", "data": []}


def test_an_operator_sees_what_a_machine_tells_of_itself_and_no_ledger_holds_it(machine, licensed, tmp_path):
    machine.aval("about", "set", "--product-version", "4.2.1-geheim", "gpu=none", "room=3 Süd")
    machine.aval("about", "tell", "name", "lesesaal-7")
    machine.activate()
    assert told(licensed, machine) == {"name": "lesesaal-7", "version": "4.2.1-geheim",
                                       "data": [{"key": "gpu", "value": "none"}, {"key": "room", "value": "3 Süd"}]}
    shown = licensed.ctl("machines", "show", machine.status()["machine"]).stdout
    listed = licensed.ctl("machines").stdout
    for part in ("lesesaal-7", "4.2.1-geheim"):
        assert part in shown and part in listed
    assert "gpu: none" in shown and "room: 3 Süd" in shown
    export = tmp_path / "export"
    licensed.ctl("ledger", "export", "--output", export)
    for secret in (b"lesesaal", b"geheim", b"aval about", "Süd".encode()):
        assert secret not in export.read_bytes()
        assert secret not in licensed.log_path.read_bytes()
