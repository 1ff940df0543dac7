"""Files of a host's folder that do not hold: what they would authorise is not there, the others go on, and status says which
they are and what to do."""

import json

from hosting import OTHER, VENDOR, machine_id


def license_of(host, vendor):
    file, = (host.data / "vendors" / vendor / "licenses").iterdir()
    return file


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


def test_a_vendor_whose_key_is_damaged_is_trouble_and_stops_no_other(two_vendors):
    key = two_vendors.data / "vendors" / VENDOR / "vendor.vkey"
    key.write_text("nothing\n")
    two_vendors.start()
    left_out, = two_vendors.json("status")["left_out"]
    assert (left_out["vendor"], left_out["file"]) == (VENDOR, "")
    assert f"{VENDOR}: {left_out['code']}." in " ".join(two_vendors.ctl("status").stdout.split())
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
