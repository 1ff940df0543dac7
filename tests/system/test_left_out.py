"""Files of a host's folder that do not hold: what they would authorise is not there, the others go on, and status says which
they are and what to do."""

import json
import re
from pathlib import Path

import pytest
from hosting import OTHER, VENDOR, machine_id


def license_of(host, vendor):
    file, = (host.data / "vendors" / vendor / "licenses").iterdir()
    return file


def make_folder(file):
    file.unlink()
    file.mkdir()


def spoil(file):
    file.write_bytes(file.read_bytes()[:100])


def test_a_damaged_license_is_trouble_and_stops_no_other(two_vendors):
    spoil(license_of(two_vendors, VENDOR))
    two_vendors.start()
    status = two_vendors.json("status")
    left_out, = status["left_out"]
    assert (left_out["vendor"], left_out["file"]) == (VENDOR, license_of(two_vendors, VENDOR).name)
    assert status["trouble"] == left_out["code"] == "note-form" and status["left_out_count"] == 1
    said = " ".join(two_vendors.ctl("status").stdout.split())
    assert "Trouble: note-form" in said and "Nothing of it is granted" in said and "avalctl reload" in said
    assert f"{VENDOR}: note-form: {license_of(two_vendors, VENDOR).name}, line " in said
    assert two_vendors.activate(machine_id(1), vendor=OTHER)[0] == 200


def test_the_name_of_a_file_cannot_drive_the_terminal(two_vendors):
    file = license_of(two_vendors, VENDOR)
    spoil(file)
    file.rename(file.parent / "\x1b[2Jnothing-wrong")
    two_vendors.start()
    said = two_vendors.ctl("status").stdout
    assert "nothing-wrong" in said and "\x1b" not in said


@pytest.mark.parametrize("name", ["vendor.vkey", "host.vkey"])
@pytest.mark.parametrize("damage", [lambda file: file.write_text("nothing\n"), Path.unlink, make_folder],
                         ids=["garbage", "gone", "a folder"])
def test_a_vendor_whose_key_is_damaged_is_trouble_and_stops_no_other(two_vendors, name, damage):
    damage(two_vendors.data / "vendors" / VENDOR / name)
    two_vendors.start()
    left_out, = two_vendors.json("status")["left_out"]
    assert (left_out["vendor"], left_out["file"]) == (VENDOR, name)
    assert f"{VENDOR}: {left_out['code']}: {name}" in " ".join(two_vendors.ctl("status").stdout.split())
    assert re.search(f"event=left-out vendor={VENDOR} file={name}", two_vendors.log())
    assert two_vendors.activate(machine_id(1), vendor=OTHER)[0] == 200


def test_once_the_file_is_whole_again_a_reload_ends_the_trouble(two_vendors):
    file = license_of(two_vendors, VENDOR)
    whole = file.read_bytes()
    spoil(file)
    two_vendors.start()
    assert two_vendors.json("status")["trouble"] == "note-form"
    file.write_bytes(whole)
    two_vendors.ctl("reload")
    status = two_vendors.json("status")
    assert status["trouble"] == "" and status["left_out"] == []
    assert json.loads(two_vendors.ctl("licenses", "--json").stdout)["licenses"]
    assert two_vendors.activate(machine_id(1))[0] == 200


def test_of_many_damaged_licenses_some_are_named_and_the_rest_counted(two_vendors):
    file = license_of(two_vendors, VENDOR)
    for number in range(20):
        (file.parent / f"damaged-{number:02}").write_text("nothing\n")
    two_vendors.start()
    status = two_vendors.json("status")
    assert status["left_out_count"] == 20 and len(status["left_out"]) == 16
    assert "4 more files are left out; the log names them." in two_vendors.ctl("status").stdout


def flip(file):
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)


@pytest.mark.parametrize("damage", [lambda file: file.write_text("nothing\n"), lambda file: file.write_text(""), Path.unlink,
                                    make_folder, flip], ids=["garbage", "empty", "gone", "a folder", "a bit"])
def test_a_host_key_that_is_damaged_stops_its_vendor_alone_until_it_is_put_back(two_vendors, damage):
    key = two_vendors.data / "signer" / f"{VENDOR}.key"
    whole = key.read_bytes()
    two_vendors.request(machine_id(1), vendor=OTHER)  # while whoever writes it here can read the keys
    damage(key)
    two_vendors.start()
    assert two_vendors.activate(machine_id(1), vendor=OTHER)[0] == 200
    status, body = two_vendors.ask("GET", "/readyz")
    assert (status, body) == (503, f"signer-key {VENDOR}\n")
    assert two_vendors.ask("GET", "/healthz")[0] == 200
    assert two_vendors.json("status")["trouble"] == "signer-key"
    said = " ".join(two_vendors.ctl("status").stdout.split())
    assert f"{VENDOR}: signer-key: signer/{VENDOR}.key in the host's folder is missing or damaged" in said
    assert re.search(f"event=ledger-not-ready ledger=.*/{VENDOR} reason=signer-key message=signer/{VENDOR}.key", two_vendors.log())
    key.rmdir() if key.is_dir() else None
    key.write_bytes(whole)
    two_vendors.ctl("reload")
    two_vendors.wait_for(lambda: two_vendors.ask("GET", "/readyz")[0] == 200)
    assert two_vendors.activate(machine_id(2))[0] == 200
    assert two_vendors.activate(machine_id(3), vendor=OTHER)[0] == 200


def test_what_the_signer_keeps_of_one_vendor_stops_no_other_where_it_is_damaged(two_vendors):
    (two_vendors.data / "signer" / f"{VENDOR}.state").write_text("nothing\n")
    two_vendors.start()
    assert two_vendors.activate(machine_id(1), vendor=OTHER)[0] == 200
    assert f"signer-state {VENDOR}\n" in two_vendors.ask("GET", "/readyz")[1]
    assert f"avald recover --vendor {VENDOR} --yes" in " ".join(two_vendors.ctl("status").stdout.split())
    two_vendors.stop()
    two_vendors.avald("recover", "--vendor", VENDOR, "--yes")
    two_vendors.start()
    assert two_vendors.activate(machine_id(1))[0] == 200


@pytest.mark.parametrize("name", ["revocations", "host-request"])
def test_other_files_that_are_damaged_keep_nobody_from_being_served(two_vendors, name):
    file = two_vendors.data / "vendors" / VENDOR / name
    file.write_text("nothing\n")
    two_vendors.start()
    assert {each["file"] for each in two_vendors.json("status")["left_out"]} == ({name} if name == "revocations" else set())
    for vendor in VENDOR, OTHER:
        assert two_vendors.activate(machine_id(1), vendor=vendor)[0] == 200
