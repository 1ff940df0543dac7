"""The vendor's keys: the one in use and the spare, passphrases, and going from one to the other."""

import json
import stat

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


# From one key to the other, with everybody


def take_in(host, *files):
    host.avald("import", *files)
    if host.process:
        host.ctl("reload")


def id_of(desk, license):
    return json.loads(desk.run("inspect", license, "--json").stdout)["license"]


def signed_product(desk, name):
    document = desk.folder / name
    desk.run("product", desk.folder / "studio.ini", "--output", document)
    return document


def test_nobody_loses_anything_on_the_way_from_one_key_to_the_other(build, run, tmp_path, desk, host):
    host.set_up(desk)
    old_license = desk.license(host.request_file(), "old.license")
    old = id_of(desk, old_license)
    take_in(host, desk.product, old_license)
    host.start()
    one = Machine(build, run, tmp_path / "one", desk, host)
    one.activate()
    late = Machine(build, run, tmp_path / "late", desk, host)
    late.activate()
    before = one.status()["lease"]

    # The spare comes into use; the document names both. A machine takes it and has what it had.
    desk_key, spare = desk.key_file.read_text().strip(), (desk.path / "spare.vkey").read_text().strip()
    [spare_file] = desk.path.glob("spare-*.key")
    desk.run("rotate", spare_file)
    new_product = signed_product(desk, "new.product")
    assert vendor_keys(new_product.read_text())[::2] == [spare, desk_key]
    one.aval("product", "install", new_product, "--vendor-key", spare)
    assert one.status()["state"] == "licensed" and one.status()["lease"] == before
    one.aval("renew", "--force")
    assert one.status()["lease"]["license"] == old

    # The license is renewed under the new key. The host knows that key from the first document already.
    renewed = desk.folder / "new.license"
    desk.run("renew", old, "--until", "2090-12-31", "--output", renewed)
    new = id_of(desk, renewed)
    assert "as its product studio names them" in host.avald("import", new_product).stdout
    take_in(host, renewed)
    for machine in (one, late):  # the late one has the old document still: it names the spare
        machine.aval("renew", "--force")
        assert machine.status()["state"] == "licensed" and machine.status()["lease"]["license"] == new

    # The old key is revoked: what it signed is worth nothing, and nobody has that any more.
    revocations = desk.folder / "list"
    said = json.loads(desk.run("revoke", "--vendor-key", desk_key, "--output", revocations, "--json").stdout)
    assert said["vendor_keys"] == [desk_key]
    assert json.loads(desk.run("inspect", old_license, "--json").stdout)["state"] == "revoked"
    take_in(host, revocations)
    states = {row["id"]: row["state"] for row in host.json("licenses")["licenses"]}
    assert states == {old: "revoked", new: "in-force"}
    for machine in (one, late):
        machine.aval("renew", "--force")
        assert machine.status()["state"] == "licensed" and machine.status()["lease"]["license"] == new
    assert vendor_keys(signed_product(desk, "last.product").read_text()) == [
        spare, (desk.path / "spare.vkey").read_text().strip()]


def test_a_lease_under_a_key_that_was_revoked_ends(build, run, tmp_path, desk, host):
    host.set_up(desk)
    license = desk.license(host.request_file())
    take_in(host, desk.product, license)
    host.start()
    machine = Machine(build, run, tmp_path / "one", desk, host)
    machine.activate()
    key = desk.key_file.read_text().strip()
    [spare_file] = desk.path.glob("spare-*.key")
    desk.run("rotate", spare_file)
    desk.run("revoke", "--vendor-key", key, "--output", desk.folder / "list")
    # It is the spare's word for the machine, which has the old document.
    other = desk.license(host.request_file(), "other.license")
    take_in(host, desk.folder / "list", other)
    machine.aval("renew", "--force")
    assert machine.status()["lease"]["license"] == id_of(desk, other)
    assert "(signer-unknown)" not in host.log()


def test_the_key_in_use_revokes_neither_itself_nor_the_spare(build, run, tmp_path, desk, host):
    host.set_up(desk)
    take_in(host, desk.product, desk.license(host.request_file()))
    host.start()
    key = SigningKey.parse((desk.path / "vendor.key").read_text())
    spare = (desk.path / "spare.vkey").read_text().strip()
    for one in (str(key.verifier), spare):
        assert "(key-rank)" in desk.run("revoke", "--vendor-key", one, expect=4).stderr
        forged = desk.folder / "forged"
        forged.write_text(key.sign(f"aval revocations v1\nvendor {VENDOR}\nsequence 7\nissued 2026-12-01T00:00:00Z\nvendor-key {one}\n"))
        assert "(key-rank)" in host.avald("import", forged, expect=4).stderr
        assert "(key-rank)" in desk.run("inspect", forged, expect=4).stderr
    assert "(not-found)" in desk.run("revoke", "--vendor-key", str(SigningKey(VENDOR).verifier), expect=USAGE).stderr
    # Nor does whoever has it name another spare.
    [line] = [line for line in desk.product.read_text().splitlines() if line == f"vendor-key {spare}"]
    text = open_note(desk.product.read_bytes(), key.verifier).replace(line, f"vendor-key {SigningKey(VENDOR).verifier}")
    (desk.folder / "forged").write_text(key.sign(text))
    assert "(key-rank)" in host.avald("import", desk.folder / "forged", expect=4).stderr


def test_what_the_spare_revoked_is_not_taken_back_by_a_later_list_of_the_key_before(build, run, tmp_path, desk, host):
    host.set_up(desk)
    license = desk.license(host.request_file())
    take_in(host, desk.product, license)
    stolen = SigningKey.parse((desk.path / "vendor.key").read_text())
    [spare_file] = desk.path.glob("spare-*.key")
    desk.run("rotate", spare_file)
    desk.run("revoke", "--vendor-key", str(stolen.verifier), "--output", desk.folder / "list")
    host.avald("import", desk.folder / "list")
    (desk.folder / "later").write_text(stolen.sign(
        f"aval revocations v1\nvendor {VENDOR}\nsequence 999\nissued 2026-12-01T00:00:00Z\n"))
    assert "(revocations-older)" in host.avald("import", desk.folder / "later", expect=CONFLICT).stderr
    (desk.folder / "again").write_text(stolen.sign(open_note(desk.product.read_bytes(), stolen.verifier)))
    assert "(license-revoked)" in host.avald("import", desk.folder / "again", expect=14).stderr
    host.start()
    assert [row["state"] for row in host.json("licenses")["licenses"]] == ["revoked"]
