"""What `make install` puts where, that it runs from there, and that it is hardened."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import readme
from hosting import Desk, Host, machine_id

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ["bin/aval", "bin/avalctl", "bin/aval-vendor", "sbin/avald", "libexec/aval/avald-signer"]
MANUALS = ["man1/aval.1", "man1/avalctl.1", "man1/aval-vendor.1", "man3/libaval.3", "man5/avald.conf.5", "man8/avald.8"]


@pytest.fixture(scope="module")
def library(installed, options):
    """libaval.so itself."""
    found = [path for path in (installed / options["libdir"]).glob("libaval.so.*") if not path.is_symlink()]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_is_installed_and_executable(installed, name):
    assert (installed / name).stat().st_mode & 0o111 == 0o111


def test_the_library_is_installed_with_headers_and_pkg_config(installed, prefix, library):
    assert (library.parent / "libaval.so.0").is_symlink() and (library.parent / "libaval.so").is_symlink()
    for header in ("aval.h", "codes.h"):
        assert (installed / "include/aval" / header).read_bytes() == (ROOT / "include/aval" / header).read_bytes()
    pc = (library.parent / "pkgconfig/libaval.pc").read_text()
    assert "-laval" in pc and f"prefix={prefix}\n" in pc


@pytest.mark.skipif(not os.path.exists("/etc/debian_version"), reason="other systems look in other folders")
def test_the_library_is_where_ld_so_and_pkg_config_look_without_being_told(options):
    folder = f"/usr/local/{options['libdir']}"
    loader = subprocess.run(["/sbin/ldconfig", "-v", "-N", "-X"], check=True, capture_output=True, text=True).stdout
    assert re.search(rf"^{folder}: ", loader, re.MULTILINE), loader
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PKG_CONFIG")}
    searched = subprocess.run(["pkg-config", "--variable=pc_path", "pkg-config"], env=environment, check=True,
                              capture_output=True, text=True).stdout.strip()
    assert f"{folder}/pkgconfig" in searched.split(":")


def test_manual_pages_service_and_configuration_are_installed(installed, prefix):
    for page in MANUALS:
        assert (installed / "share/man" / page).stat().st_size > 500, page
    service = (installed / "lib/systemd/system/avald.service").read_text()
    assert f"\nExecStart={prefix}/sbin/avald serve\n" in service and "@" not in service.replace("~@", "").replace("=@", "")
    assert (installed / "share/doc/aval/avald.conf").read_text() == (ROOT / "dist/avald.conf").read_text()


def test_nothing_else_is_installed(installed):
    known = {f"share/man/{page}" for page in MANUALS} | set(PROGRAMS)
    known |= {"include/aval/aval.h", "include/aval/codes.h", "share/doc/aval/avald.conf"}
    known |= {f"lib/systemd/system/{unit}" for unit in ("avald.service", "aval-renew.service", "aval-renew.timer")}
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if not path.is_dir()}
    others = {name for name in names - known if not re.search(r"^lib/.*libaval\.(a|so|so\.0|so\.0\.1\.0|pc)$", name)}
    assert not others


def test_an_installed_host_finds_its_signer_and_activates_a_machine(installed, build, run, tmp_path, monkeypatch):
    monkeypatch.delenv("AVALD_SIGNER", raising=False)
    desk = Desk(build, run, tmp_path)
    host = Host(build, run, tmp_path / "host")
    host.avald_program = installed / "sbin/avald"
    host.avalctl_program = installed / "bin/avalctl"
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    host.start()
    try:
        assert host.activate(machine_id(1))[0] == 200
        children = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children").read_text().split()
        assert [Path(f"/proc/{child}/comm").read_text() for child in children] == ["avald-signer\n"]
        if os.geteuid() == 0:  # nobody else may look at what nobody may trace, not even the user whose process it is
            assert os.readlink(f"/proc/{children[0]}/exe") == str((installed / "libexec/aval/avald-signer").resolve())
    finally:
        host.stop()


def test_a_product_is_compiled_against_what_is_installed(installed, prefix, library, options, tmp_path):
    if options["b_sanitize"] != "none":
        pytest.skip("a product without sanitizers does not load a library with them")
    destdir = str(installed).removesuffix(prefix)
    environment = {**os.environ, "PKG_CONFIG_PATH": str(library.parent / "pkgconfig"), "PKG_CONFIG_SYSROOT_DIR": destdir}
    shutil.copy(ROOT / "examples/studio.c", tmp_path)
    subprocess.run(["sh", "-c", readme.line_that_compiles()], cwd=tmp_path, env=environment, check=True)
    done = subprocess.run(["./studio", "state"], env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)}, cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1 and "Studio, not licensed" in done.stdout, done.stderr


# Names that the library has inside, and that a product or another library in it may have as well.
PRODUCT_WITH_NAMES_OF_ITS_OWN = r"""
#include <aval/aval.h>
#include <stdio.h>
int file_read(void);
int buffer_make(void);
int clock_now(void);
int note_read(void);
int file_read(void) { return 1; }
int buffer_make(void) { return 2; }
int clock_now(void) { return 3; }
int note_read(void) { return 4; }
int main(void)
{
    const struct aval_options options = {.size = sizeof options, .state_folder = "state"};
    struct aval_status status = {.size = sizeof status};
    aval_machine *machine = NULL;
    int code = aval_open(&options, &machine);
    if (code == AVAL_OK)
        code = aval_status(machine, "acme.example/studio", &status);
    printf("%s %d\n", aval_code_name(code), file_read() + buffer_make() + clock_now() + note_read());
    aval_close(machine);
    return 0;
}
"""


def test_the_static_library_has_no_name_but_its_own(library):
    listed = subprocess.run(["nm", "-g", "--defined-only", str(library.parent / "libaval.a")], check=True,
                            capture_output=True, text=True).stdout
    names = [line.split()[2] for line in listed.splitlines() if len(line.split()) == 3]
    exported = (ROOT / "include/aval/aval.h").read_text() + (ROOT / "include/aval/codes.h").read_text()
    assert len(names) >= 20 and not [name for name in names if not re.search(rf"\b{name}\(", exported)]


def test_the_library_needs_no_json(library):
    wanted = read_elf(library, "--dyn-syms")
    assert "libsodium" in read_elf(library, "--dynamic")
    assert "jansson" not in read_elf(library, "--dynamic") and "json_" not in wanted
    assert "jansson" not in (library.parent / "pkgconfig" / "libaval.pc").read_text()


def test_a_product_with_names_of_its_own_links_the_static_library(installed, prefix, library, options, tmp_path):
    if options["b_sanitize"] != "none":
        pytest.skip("a product without sanitizers does not link a library with them")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(library.parent / "pkgconfig"),
                   "PKG_CONFIG_SYSROOT_DIR": str(installed).removesuffix(prefix)}
    (tmp_path / "product.c").write_text(PRODUCT_WITH_NAMES_OF_ITS_OWN)
    private = subprocess.run(["pkg-config", "--static", "--libs-only-l", "--libs-only-other", "libaval"], env=environment,
                             check=True, capture_output=True, text=True).stdout.split()
    assert private[0] == "-laval" and "-lsodium" in private
    subprocess.run(["gcc", "-Wall", "-Werror", f"-I{installed / 'include'}", "product.c", str(library.parent / "libaval.a"),
                    *private[1:], "-o", "product"], cwd=tmp_path, check=True)
    needed = read_elf(tmp_path / "product", "--dynamic")
    assert "libaval" not in needed and "jansson" not in needed
    done = subprocess.run(["./product"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=20)
    assert done.stdout == "no-product 10\n"


# Hardening


def read_elf(path, *what):
    return subprocess.run(["readelf", "--wide", *what, str(path)], check=True, capture_output=True, text=True).stdout


def binaries(installed, library):
    return [*(installed / name for name in PROGRAMS), library]


def test_every_binary_is_position_independent(installed, library):
    for path in binaries(installed, library):
        assert re.search(r"Type:\s+DYN", read_elf(path, "--file-header")), path
    for name in PROGRAMS:
        assert re.search(r"\(FLAGS_1\).*\bPIE\b", read_elf(installed / name, "--dynamic")), name


def test_every_binary_is_relocated_at_once_and_read_only_then(installed, library):
    for path in binaries(installed, library):
        assert "GNU_RELRO" in read_elf(path, "--program-headers"), path
        assert re.search(r"\(FLAGS(_1)?\).*\bNOW\b", read_elf(path, "--dynamic")), path


def test_no_memory_of_any_binary_is_writable_and_executable(installed, library):
    for path in binaries(installed, library):
        headers = read_elf(path, "--program-headers")
        assert re.search(r"GNU_STACK.* RW +0", headers), path
        assert not re.search(r"^\s+LOAD.* RWE ", headers, re.MULTILINE), path


def test_every_binary_has_a_stack_protector(installed, library):
    for path in binaries(installed, library):
        assert "__stack_chk_fail" in read_elf(path, "--dyn-syms"), path


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="CET is of x86-64")
def test_every_function_of_every_binary_can_be_checked_for_its_control_flow(installed, library, build):
    commands = re.findall(r'"command": "(.*)"', (build / "compile_commands.json").read_text())
    assert commands and all("-fcf-protection=full" in command for command in commands)
    # The note that would switch it on is the linker's, and only where the system's own start files have it: Debian 12's
    # have not. What is ours to do is the landing place at each function.
    endbr64 = b"\xf3\x0f\x1e\xfa"
    for path in binaries(installed, library):
        assert path.read_bytes().count(endbr64) > 50, path


def test_what_writes_into_arrays_is_fortified(installed, library, build, options):
    if options["b_sanitize"] != "none" or options["optimization"] in ("0", "g"):
        pytest.skip("the sanitizers check that themselves")
    for path in binaries(installed, library):
        assert re.search(r"__\w+_chk\b(?<!__stack_chk)", read_elf(path, "--dyn-syms")), path
    commands = (build / "compile_commands.json").read_text()
    compiled = re.findall(r'"command": "(.*)"', commands)
    assert compiled and all("-D_FORTIFY_SOURCE=3" in command for command in compiled)
