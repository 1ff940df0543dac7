"""The vendor's keys: the one in use and the spare, passphrases, and going from one to the other."""

import json
import stat

import pytest
from hosting import VENDOR, Machine
from independent import SigningKey, open_note
from vendor_desk import CONFLICT, FILES, INPUT, STUDIO, USAGE, bare, empty, fields  # noqa: F401 (fixtures)
from vendor_desk import desk as vendor_desk  # noqa: F401


def spare_file(desk):
    [file] = desk.path.glob("spare-*.key")
    return file


def spare_of(desk):
    return (desk.path / "spare.vkey").read_text().strip()


def vendor_keys(document):
    return [value for key, value in fields(document.split("\n\n")[0]) if key == "vendor-key"]


def rotate(desk):
    """Returns the key that was in use."""
    before, spare = str(desk.key), spare_file(desk)
    said = json.loads(desk.run("rotate", spare, "--json").stdout)
    spare.unlink()
    assert (said["before"], said["spare"]) == (before, spare_of(desk))
    return before


# init


def test_init_makes_a_spare_for_the_safe_and_says_so(empty):
    said = empty.run("init", VENDOR, "--no-passphrase").stdout
    spare = spare_file(empty)
    assert stat.S_IMODE(spare.stat().st_mode) == 0o600
    assert "PUT IT IN A SAFE" in said and str(spare) in said
    assert str(SigningKey.parse(spare.read_text()).verifier) == spare_of(empty) != str(empty.key)


def test_the_spare_goes_where_it_is_wanted_and_replaces_nothing_there(empty):
    empty.write("safe", "x")
    assert "(file-exists)" in empty.run("init", VENDOR, "--no-passphrase", "--spare", "safe", expect=CONFLICT).stderr
    assert not empty.path.exists()
    empty.run("init", VENDOR, "--no-passphrase", "--spare", "elsewhere")
    assert not list(empty.path.glob("spare-*.key")) and (empty.folder / "elsewhere").exists()


def test_a_product_names_the_key_in_use_and_the_spare(vendor_desk):
    document = (vendor_desk.folder / "studio.product").read_text()
    assert vendor_keys(document) == [str(vendor_desk.key), spare_of(vendor_desk)]


# passphrase


def test_the_passphrase_is_set_changed_and_removed(bare):
    for name in ("one", "two"):
        bare.write(name, f"passphrase {name}\n")
    bare.write("studio.ini", STUDIO)
    secret = (bare.path / "vendor.key").read_text()
    said = json.loads(bare.run("passphrase", "--new-passphrase-file", "one", "--json").stdout)
    assert said["sealed"] == "yes" and "PRIVATE" not in (bare.path / "vendor.key").read_text()
    assert stat.S_IMODE((bare.path / "vendor.key").stat().st_mode) == 0o600
    bare.run("product", "studio.ini", "--passphrase-file", "one", "-o", "a")
    assert "(secret-key-locked)" in bare.run(
        "passphrase", "--passphrase-file", "two", "--new-passphrase-file", "two", expect=FILES).stderr
    bare.run("passphrase", "--passphrase-file", "one", "--new-passphrase-file", "two")
    bare.run("product", "studio.ini", "--passphrase-file", "one", "-o", "b", expect=FILES)
    bare.run("product", "studio.ini", "--passphrase-file", "two", "-o", "b")
    assert "NOT sealed" in bare.run("passphrase", "--remove", "--passphrase-file", "two").stdout
    assert (bare.path / "vendor.key").read_text() == secret
    bare.run("passphrase", "--remove", "--new-passphrase-file", "one", expect=USAGE)


def test_the_spare_has_a_passphrase_of_its_own_if_one_wants(bare):
    bare.write("one", "passphrase one\n")
    spare = spare_file(bare)
    bare.run("passphrase", spare, "--new-passphrase-file", "one")
    assert spare.read_text().startswith("aval sealed-key v1") and "PRIVATE" in (bare.path / "vendor.key").read_text()
    bare.run("rotate", spare, expect=USAGE, stdin="")
    bare.run("rotate", spare, "--passphrase-file", "one")
    assert (bare.path / "vendor.key").read_text().startswith("aval sealed-key v1")


# rotate


def test_the_spare_comes_into_use_and_what_was_signed_before_stays_readable(vendor_desk):
    old = dict(vendor_desk.license())["license"]
    spare = spare_of(vendor_desk)
    before = rotate(vendor_desk)
    assert str(vendor_desk.key) == spare == str(vendor_desk.secret.verifier)
    assert [row["license"] for row in json.loads(vendor_desk.run("licenses", "--json").stdout)["licenses"]] == [old]
    assert json.loads(vendor_desk.run("inspect", "uni.license", "--json").stdout)["verdict"] == "verifies"
    vendor_desk.run("product", "studio.ini", "-o", "new.product")
    document = (vendor_desk.folder / "new.product").read_bytes()
    open_note(document, vendor_desk.key)
    assert vendor_keys(document.decode()) == [str(vendor_desk.key), spare_of(vendor_desk), before]
    renewed = json.loads(vendor_desk.run("renew", old, "--until", "2090-12-31", "-o", "new.license", "--json").stdout)
    open_note((vendor_desk.folder / "new.license").read_bytes(), vendor_desk.key)
    assert renewed["replaces"] == [old]


def test_a_former_key_is_named_as_long_as_a_license_under_it_runs(vendor_desk):
    vendor_desk.license("--from", "2020-01-01", "--until", "2020-12-31")
    rotate(vendor_desk)
    vendor_desk.run("product", "studio.ini", "-o", "new.product")
    assert vendor_keys((vendor_desk.folder / "new.product").read_text()) == [str(vendor_desk.key), spare_of(vendor_desk)]


def test_only_the_desks_own_spare_comes_into_use(bare):
    before = str(bare.key)
    assert "(key-form)" in bare.run("rotate", bare.path / "vendor.key", expect=INPUT).stderr
    bare.run("rotate", "nowhere", expect=FILES)
    assert str(bare.key) == before


def test_a_rotation_that_was_cut_off_is_done_again(vendor_desk):
    spare, text = spare_file(vendor_desk), spare_file(vendor_desk).read_text()
    public = (vendor_desk.path / "spare.vkey").read_text()
    rotate(vendor_desk)
    (vendor_desk.path / "spare.vkey").write_text(public)  # as if the power had gone before that was written
    spare_file(vendor_desk).unlink()
    spare.write_text(text)
    vendor_desk.run("rotate", spare)
    vendor_desk.license()
    assert spare_of(vendor_desk) != str(vendor_desk.key)
