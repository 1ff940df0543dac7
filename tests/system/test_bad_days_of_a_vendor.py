"""What an honest vendor does wrong or has done to him, and that the way back is named and goes."""

import json
import re
import shutil
import time

import pytest
from hosting import VENDOR, Machine
from independent import SigningKey, VerifierKey, open_note
from vendor_desk import CONFLICT, INPUT, NO_LICENSE, TRUST, USAGE

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
        assert "(signer-unknown)" in said and "+".join(key_of(desk).split("+", 2)[:2]) in said and "product --again" in said
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
    assert "(license-revoked)" in host.avald("import", forged, expect=NO_LICENSE).stderr
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


# A desk that is an old copy of itself


def id_of(license):
    return re.search(r"^license (\w{20})$", license.read_text(), re.M)[1]


def revoke(desk, license, name, **kwargs):
    return json.loads(desk.run("revoke", license, "--output", desk.folder / name, "--json", **kwargs).stdout or "{}")


def states(desk):
    return {row["license"]: row["state"] for row in json.loads(desk.run("licenses", "--json").stdout)["licenses"]}


def sign_edition(desk, edition):
    """A document of the product with that edition too."""
    ini = desk.folder / "studio.ini"
    ini.write_text(ini.read_text() + f"\n[edition {edition}]\ntitle = {edition}\n")
    return sign_product(desk, f"{edition}.product")


def go_back_to(desk, copy):
    shutil.rmtree(desk.path)
    shutil.copytree(copy, desk.path)


class Lost:
    """A vendor that went back to a copy of his desk; what he signed since: a license, another one, the revocation
    of that, and a document of the product with another edition."""

    def __init__(self, desk, host):
        self.desk, self.host = desk, host
        host.set_up(desk)
        host.avald("import", desk.product)
        copy = desk.folder / "copy"
        shutil.copytree(desk.path, copy)
        self.one = desk.license(host.request_file(), "one.license", seats=5)
        self.two = desk.license(host.request_file(), "two.license", seats=6)
        revoke(desk, id_of(self.two), "revocations")
        self.revocations = desk.folder / "revocations"
        time.sleep(1.1)  # a document's date is its second, and the later one is in force
        self.product = sign_edition(desk, "lab")
        go_back_to(desk, copy)

    @property
    def files(self):
        return [self.two, self.revocations, self.one, self.product]

    def adopt(self, *files, **kwargs):
        return self.desk.run("adopt", *files, **kwargs)


@pytest.fixture
def lost(desk, host):
    return Lost(desk, host)


def test_what_an_old_desk_has_lost_is_named_with_the_way_back_and_taken_back(lost, build, run, tmp_path):
    desk, host = lost.desk, lost.host
    host.avald("import", lost.one, lost.revocations)
    host.start()
    Machine(build, run, tmp_path / "machine", desk, host).activate()
    host.ctl("ledger", "export", "-o", tmp_path / "ledger")
    for refused in (desk.run("audit", tmp_path / "ledger", expect=TRUST),
                    desk.run("revoke", id_of(lost.one), expect=USAGE),
                    desk.run("renew", id_of(lost.one), "--until", "2090-01-01", expect=USAGE)):
        assert "aval-vendor adopt" in refused.stderr

    said = lost.adopt(*lost.files).stdout
    assert f"license {id_of(lost.one)} for University of Example: studio pro, 5 seats" in said and "known already" not in said
    assert "clean" in desk.run("audit", tmp_path / "ledger").stdout
    assert states(desk) == {id_of(lost.one): "in force", id_of(lost.two): "revoked"}
    assert " lab " in desk.run("key").stdout
    desk.run("renew", id_of(lost.one), "--until", "2090-01-01", "--output", tmp_path / "renewed")
    signed = revoke(desk, id_of(lost.one), "next")
    assert (signed["sequence"], set(signed["licenses"])) == (2, {id_of(lost.one), id_of(lost.two)})
    host.avald("import", tmp_path / "next", tmp_path / "renewed")


def test_an_audit_that_knows_some_licenses_names_the_way_back_of_the_others(lost, build, run, tmp_path):
    desk, host = lost.desk, lost.host
    host.avald("import", desk.license(host.request_file(), "known.license", seats=1), lost.one)
    host.start()
    for name in "one", "two":
        Machine(build, run, tmp_path / name, desk, host).activate()
    host.ctl("ledger", "export", "-o", tmp_path / "ledger")
    refused = desk.run("audit", tmp_path / "ledger", expect=TRUST)
    assert "audit-license-unknown" in refused.stdout and "aval-vendor adopt" in refused.stderr
    lost.adopt(lost.one)
    assert "clean" in desk.run("audit", tmp_path / "ledger").stdout


def test_taking_the_same_back_again_does_nothing(lost):
    lost.adopt(*lost.files)
    rows = lost.desk.run("licenses", "--json").stdout
    said = json.loads(lost.adopt(*lost.files, "--json").stdout)["adopted"]
    assert [row["known_already"] for row in said] == ["yes"] * 4
    assert [row["document"] for row in said] == ["license", "revocations", "license", "product"]
    assert lost.desk.run("licenses", "--json").stdout == rows


def test_what_mail_did_to_a_file_is_undone(lost):
    mail = lost.desk.folder / "mail"
    mail.write_text("Hello!\n" + re.sub("^", "> ", lost.one.read_text(), flags=re.M))
    assert id_of(lost.one) in lost.adopt(mail).stdout
    printed = lost.desk.run("licenses", id_of(lost.one)).stdout
    assert printed == lost.one.read_text()


def test_revocations_that_were_signed_anew_are_mended_by_a_list_above_both(lost):
    desk, host = lost.desk, lost.host
    host.avald("import", lost.revocations)
    other = desk.license(host.request_file(), "other.license")
    revoke(desk, id_of(other), "anew")  # number 1 again, with other contents
    assert "aval-vendor adopt" in host.avald("import", desk.folder / "anew", expect=CONFLICT).stderr
    refused = lost.adopt(lost.two, lost.revocations, expect=CONFLICT)
    assert "(file-exists)" in refused.stderr and "number 2" in refused.stderr and id_of(lost.two) in refused.stdout
    signed = revoke(desk, id_of(lost.two), "next")
    assert (signed["sequence"], set(signed["licenses"])) == (2, {id_of(other), id_of(lost.two)})
    host.avald("import", desk.folder / "next")


def test_the_next_list_holds_what_the_desk_has_revoked_by_itself_and_what_was_taken_back(desk, host):
    host.set_up(desk)
    shutil.copytree(desk.path, desk.folder / "copy")
    ids = []
    for number in (1, 2, 3):
        ids.append(id_of(desk.license(host.request_file(), f"{number}.license")))
        revoke(desk, ids[-1], f"list-{number}")
    go_back_to(desk, desk.folder / "copy")
    own = id_of(desk.license(host.request_file(), "own.license"))
    revoke(desk, own, "own")
    licenses = [desk.folder / f"{number}.license" for number in (3, 1, 2)]
    desk.run("adopt", desk.folder / "list-3", desk.folder / "list-2", *licenses)
    assert states(desk) == dict.fromkeys([own, *ids], "revoked")
    # Nothing that is named is new, but no list holds all of it.
    signed = revoke(desk, own, "next")
    assert (signed["sequence"], set(signed["licenses"])) == (4, {own, *ids})
    again = desk.run("revoke", own, "--output", desk.folder / "again").stdout
    assert "revoked already" in again and (desk.folder / "again").read_bytes() == (desk.folder / "next").read_bytes()


def test_an_earlier_document_of_a_product_does_not_become_the_one_in_force(desk):
    shutil.copytree(desk.path, desk.folder / "copy")
    early = sign_edition(desk, "lab")
    go_back_to(desk, desk.folder / "copy")
    sign_edition(desk, "home")
    rows = desk.run("key").stdout
    assert "an earlier document" in desk.run("adopt", early).stdout
    assert "known already" in desk.run("adopt", early).stdout
    assert desk.run("key").stdout == rows


def test_what_others_signed_was_changed_or_is_revoked_is_not_taken(lost):
    desk, host = lost.desk, lost.host
    stolen = SigningKey.parse((desk.path / "vendor.key").read_text())
    text = open_note(lost.one.read_bytes(), stolen.verifier)
    for name, content, error, status in (
        ("stranger", SigningKey(VENDOR).sign(text), "signer-unknown", TRUST),
        ("changed", lost.one.read_text().replace("seats 5", "seats 500"), "signature-wrong", TRUST),
        ("request", host.request_file().read_text(), "document-type", INPUT),
    ):
        (desk.folder / name).write_text(content)
        assert f"({error})" in lost.adopt(desk.folder / name, expect=status).stderr
    lost.adopt(lost.one)
    (desk.folder / "other").write_text(stolen.sign(text.replace("seats 5", "seats 500")))
    assert "(file-exists)" in lost.adopt(desk.folder / "other", expect=CONFLICT).stderr
    # One that is refused stops none of the others.
    assert id_of(lost.two) in lost.adopt(desk.folder / "other", lost.two, expect=CONFLICT).stdout
    before = rotate(desk)
    desk.run("revoke", "--vendor-key", before, "--output", desk.folder / "list")
    forged = text.replace(f"license {id_of(lost.one)}", "license 00000000000000000000")
    (desk.folder / "forged").write_text(stolen.sign(forged))
    assert "(license-revoked)" in lost.adopt(desk.folder / "forged", expect=NO_LICENSE).stderr


def test_a_former_key_takes_no_list_of_the_new_one_back(lost):
    desk = lost.desk
    former = SigningKey.parse((desk.path / "vendor.key").read_text())
    rotate(desk)
    lost.adopt(lost.one)
    revoke(desk, id_of(lost.one), "list")
    (desk.folder / "empty").write_text(former.sign(
        f"aval revocations v1\nvendor {VENDOR}\nsequence 999\nissued 2026-12-01T00:00:00Z\n"))
    assert "(revocations-older)" in lost.adopt(desk.folder / "empty", expect=CONFLICT).stderr
    assert "not the key in use" in lost.adopt(lost.two).stdout
