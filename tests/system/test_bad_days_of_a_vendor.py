"""What an honest vendor does wrong or has done to him, and that the way back is named and goes."""

import json
import re
import shutil

import pytest
from hosting import VENDOR, Desk
from independent import SigningKey, VerifierKey, open_note
from vendor_desk import CONFLICT, INPUT, STUDIO, TRUST, USAGE

CUSTOMER = ["--customer", "University of Example"]


def key_of(desk):
    return (desk.path / "vendor.vkey").read_text().strip()


def rotate(desk):
    """Returns the key that was in use."""
    before = key_of(desk)
    [spare] = desk.path.glob("spare-*.key")
    desk.run("rotate", spare)
    spare.unlink()
    return before


def sign_product(desk, name):
    desk.run("product", desk.folder / "studio.ini", "--output", desk.folder / name)
    return desk.folder / name


# A host that never saw the spare


@pytest.fixture
def stranded(host, desk):
    """A host that was enrolled with the bare key; then the key was stolen, and the spare took its place: the desk, what
    it signed since by name, and the thief's key."""
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), "old.license"))
    thief = SigningKey.parse((desk.path / "vendor.key").read_text())
    before = rotate(desk)
    files = {"document": sign_product(desk, "new.product"), "license": desk.license(host.request_file(), "new.license"),
             "revocations": desk.folder / "list"}
    desk.run("revoke", "--vendor-key", before, "--output", files["revocations"])
    return files, thief


def test_what_a_key_signed_that_a_host_does_not_know_is_refused_with_the_way_back(stranded, host, desk):
    files, _ = stranded
    for file in files.values():
        said = host.avald("import", file, expect=TRUST).stderr
        assert "(signer-unknown)" in said and key_of(desk).rpartition("+")[0] in said and "product --again" in said
    said = host.avald("enroll", desk.path / "vendor.vkey", *CUSTOMER, expect=CONFLICT).stderr
    assert "(file-exists)" in said and "product --again" in said
    assert "product --again" in host.avald("enroll", files["document"], *CUSTOMER, expect=CONFLICT).stderr


def test_the_way_back_that_is_named_goes(stranded, host, desk):
    files, thief = stranded
    again = desk.folder / "again.product"
    assert "import this first" in desk.run("product", "--again", "--output", again).stdout
    assert again.read_bytes() == desk.product.read_bytes()
    host.avald("import", again, files["document"], files["license"], files["revocations"])
    forged = desk.folder / "forged.product"
    forged.write_text(thief.sign(open_note(desk.product.read_bytes(), thief.verifier)))
    assert "(license-revoked)" in host.avald("import", forged, expect=14).stderr
    host.avald("enroll", files["document"], *CUSTOMER)
    host.avald("enroll", desk.path / "vendor.vkey", *CUSTOMER)
    host.start()
    assert sorted(row["state"] for row in host.json("licenses")["licenses"]) == ["in-force", "revoked"]


def test_a_stranger_who_signs_in_no_vendors_name_gets_no_such_advice(host, desk):
    host.set_up(desk)
    stranger = SigningKey("other.example")
    file = desk.folder / "strange"
    file.write_text(stranger.sign("aval revocations v1\nvendor other.example\nsequence 1\nissued 2026-12-01T00:00:00Z\n"))
    said = host.avald("import", file, expect=TRUST).stderr
    assert "(signer-unknown)" in said and "--again" not in said


def test_a_host_that_is_enrolled_with_the_product_document_knows_the_spare_from_the_first_day(host, desk):
    host.set_up()
    said = host.avald("enroll", desk.product, *CUSTOMER)
    assert "spare" not in said.stderr and str(host.request_file()) in said.stdout
    before = rotate(desk)
    desk.run("revoke", "--vendor-key", before, "--output", desk.folder / "list")
    host.avald("import", desk.license(host.request_file(), "new.license"), sign_product(desk, "new.product"),
               desk.folder / "list")


def test_a_host_that_is_enrolled_with_the_bare_key_is_told_what_is_missing_until_it_knows(host, desk):
    host.set_up()
    said = host.avald("enroll", desk.key, *CUSTOMER).stderr
    assert "not its spare" in said and "Import a product document" in said
    host.avald("import", desk.product)
    assert "not its spare" not in host.avald("enroll", desk.key, *CUSTOMER).stderr


def test_a_bare_host_takes_the_other_keys_by_enrolling_again_with_the_document(host, desk):
    host.set_up(desk)
    request = host.request_file().read_text()
    assert host.avald("enroll", desk.product, *CUSTOMER, "--output", "-").stdout == request
    rotate(desk)
    host.avald("import", sign_product(desk, "new.product"))


def test_a_document_that_came_by_mail_enrolls_and_is_mended(host, desk):
    host.set_up()
    quoted = desk.folder / "mail"
    quoted.write_text("Hello!\n" + re.sub("^", "> ", desk.product.read_text(), flags=re.M))
    assert "mail" in host.avald("enroll", quoted, *CUSTOMER).stderr
    rotate(desk)
    host.avald("import", sign_product(desk, "new.product"))


def test_a_document_enrolls_only_when_the_key_that_it_names_first_signed_it_as_it_stands(host, desk):
    host.set_up()
    text = open_note(desk.product.read_bytes(), VerifierKey.parse(desk.key))
    for name, content in {
        "changed": desk.product.read_text().replace("title Acme", "title Acne", 1),
        "by another": SigningKey(VENDOR).sign(text),
    }.items():
        (desk.folder / name).write_text(content)
        assert "(signature-wrong)" in (said := host.avald("enroll", desk.folder / name, *CUSTOMER, expect=TRUST).stderr) \
            or "(signer-unknown)" in said
    assert "(key-form)" in host.avald("enroll", desk.folder / "studio.ini", *CUSTOMER, expect=INPUT).stderr
    assert not (host.data / "vendors" / VENDOR).exists()


def test_whoever_has_the_key_in_use_names_no_other_spare_by_enrolling_either(host, desk):
    host.set_up()
    host.avald("enroll", desk.product, *CUSTOMER)
    thief = SigningKey.parse((desk.path / "vendor.key").read_text())
    spare = (desk.path / "spare.vkey").read_text().strip()
    text = open_note(desk.product.read_bytes(), thief.verifier).replace(spare, str(SigningKey(VENDOR).verifier))
    (desk.folder / "forged").write_text(thief.sign(text))
    assert "(key-rank)" in host.avald("enroll", desk.folder / "forged", *CUSTOMER, expect=TRUST).stderr


def test_after_two_rotations_there_is_a_document_for_each_key(host, desk):
    host.set_up(desk)
    first = rotate(desk)
    sign_product(desk, "second.product")
    second = rotate(desk)
    newest = sign_product(desk, "third.product")
    for name, by in {"one": ["--by", first], "two": ["--by", second]}.items():
        desk.run("product", "--again", *by, "--output", desk.folder / name)
    desk.run("product", "--again", "--output", desk.folder / "last")
    assert (desk.folder / "last").read_bytes() == (desk.folder / "two").read_bytes()
    assert "(signer-unknown)" in host.avald("import", desk.folder / "two", expect=TRUST).stderr
    host.avald("import", desk.folder / "one", desk.folder / "two", newest)


def test_what_cannot_be_written_again_is_said(desk):
    assert "no former key" in desk.run("product", "--again", expect=USAGE).stderr
    desk.run("product", expect=USAGE)
    desk.run("product", desk.folder / "studio.ini", "--again", expect=USAGE)
    desk.run("product", desk.folder / "studio.ini", "--by", desk.key, expect=USAGE)
    rotate(desk)
    rotate(desk)  # without a document in between
    assert "(not-found)" in desk.run("product", "--again", expect=USAGE).stderr
    assert "(not-found)" in desk.run("product", "--again", "--by", key_of(desk), expect=USAGE).stderr
    [line] = (desk.path / "former.vkeys").read_text().splitlines()[1:]
    desk.run("product", "--again", "--by", line, "--output", desk.folder / "again")
    assert "(file-exists)" in desk.run("product", "--again", "--by", line, "--output", desk.folder / "again",
                                       expect=CONFLICT).stderr
