/* aval-vendor: the vendor's desk. The table of its commands, which --help and the manual page follow. */
#include "command.h"

#include "base/sentences.h"
#include "terminal/program.h"

#define PASSPHRASE_FILE \
    { \
        "passphrase-file", 0, "FILE", N_("take the passphrase from the first line of FILE (- for standard input)"), \
            false \
    }
#define OUTPUT(help) \
    { \
        "output", 'o', "FILE", help, false \
    }
#define JSON \
    { \
        "json", 0, NULL, N_("print JSON"), false \
    }

#define SPARE \
    { \
        "spare", 0, "FILE", N_("write the spare key there (default: spare-KEYID.key in the desk's folder)"), false \
    }

static const struct option_info PROGRAM_OPTIONS[] = {
    {"desk", 0, "FOLDER", N_("the desk's folder (default: $AVAL_DESK, else the current folder)"), false},
    {0},
};

static const struct option_info INIT_OPTIONS[] = {
    PASSPHRASE_FILE,
    {"no-passphrase", 0, NULL, N_("do not seal the secret keys: whoever reads the files can sign"), false},
    SPARE,
    {0},
};

static const struct option_info PASSPHRASE_OPTIONS[] = {
    {"remove", 0, NULL, N_("take the seal off: whoever reads the file can sign"), false},
    {"new-passphrase-file", 0, "FILE", N_("take the new passphrase from the first line of FILE"), false},
    PASSPHRASE_FILE,
    JSON,
    {0},
};

static const struct option_info ROTATE_OPTIONS[] = {SPARE, PASSPHRASE_FILE, JSON, {0}};

static const struct option_info PRODUCT_OPTIONS[] = {
    {"again", 0, NULL, N_("instead: write again the last document by the key that was in use before (rotate)"), false},
    {"by", 0, "KEY", N_("with --again: by this former key (default: the one in use last)"), false},
    OUTPUT(N_("write the document there (default: ID.product; with --again ID-KEYID.product)")),
    PASSPHRASE_FILE,
    {0},
};

static const struct option_info KEY_OPTIONS[] = {JSON, {0}};

static const struct option_info LICENSE_OPTIONS[] = {
    {"product", 0, "ID", N_("the product (needed)"), false},
    {"edition", 0, "ID", N_("its edition (needed)"), false},
    {"threshold", 0, "NUMBER", N_("machines that must ask before any activates (needed, unless counted)"), false},
    {"counted", 0, NULL, N_("no threshold: each machine activates at once, until the license ends"), false},
    {"seats", 0, "NUMBER", N_("machines that may be active at a time (needed)"), false},
    {"overage", 0, "NUMBER", N_("seats granted beyond these, to be billed (default: 0)"), false},
    {"customer", 0, "NAME", N_("the customer (default: the host request's)"), false},
    {"lease", 0, "TIME", N_("length of an activation (default: 180d)"), false},
    {"renew", 0, "TIME", N_("machines renew after this time (default: 7d)"), false},
    {"retry", 0, "TIME", N_("after a failure they try again after this time (default: 2h)"), false},
    {"first-lease", 0, "TIME", N_("length of an activation until a machine has renewed once"), false},
    {"releases", 0, "NUMBER", N_("seats that machines may give back within 30 days (default: all)"), false},
    {"reclaims", 0, "NUMBER", N_("seats that the operator may reclaim within 30 days (default: a twentieth)"), false},
    {"replaces", 0, "LICENSE-ID", N_("it takes the place of this license"), true},
    {"test", 0, NULL, N_("a license for trying out"), false},
    {"feature", 0, "ID[=VALUE]", N_("grant this feature (default: all of the edition)"), true},
    {"from", 0, "DATE", N_("first day (default: now)"), false},
    {"until", 0, "DATE", N_("the last day, that one included; or a moment, 2026-12-31T12:00:00Z"), false},
    {"for", 0, "TIME", N_("how long it is in force (default: 365d)"), false},
    OUTPUT(N_("write the license there (default: LICENSE-ID.license)")),
    PASSPHRASE_FILE,
    JSON,
    {0},
};

static const struct option_info RENEW_OPTIONS[] = {
    {"until", 0, "DATE", N_("the last day, that one included; or a moment, 2026-12-31T12:00:00Z (needed)"), false},
    {"from", 0, "DATE", N_("first day, from which on it takes the other's place (default: now)"), false},
    {"seats", 0, "NUMBER", N_("machines that may be active at a time (default: as before)"), false},
    OUTPUT(N_("write the license there (default: LICENSE-ID.license)")),
    PASSPHRASE_FILE,
    JSON,
    {0},
};

static const struct option_info TEST_LICENSE_OPTIONS[] = {
    {"edition", 0, "ID", N_("its edition (default: the first)"), false},
    {"counted", 0, NULL, N_("counted: without leases that are shorter than the license"), false},
    {"until", 0, "DATE", N_("the last day, that one included; or a moment, 2026-12-31T12:00:00Z"), false},
    {"for", 0, "TIME", N_("how long it is in force (default: 365d)"), false},
    PASSPHRASE_FILE,
    JSON,
    {0},
};

static const struct option_info LICENSES_OPTIONS[] = {JSON, {0}};

static const struct option_info REVOKE_OPTIONS[] = {
    {"host-key", 0, "KEY", N_("revoke this verifier key of a host and all its licenses"), true},
    {"vendor-key", 0, "KEY", N_("revoke this former key of the vendor and all that it signed"), true},
    OUTPUT(N_("write the document there (default: VENDOR-SEQUENCE.revocations)")),
    PASSPHRASE_FILE,
    JSON,
    {0},
};

static const struct option_info ADOPT_OPTIONS[] = {JSON, {0}};

static const struct option_info INSPECT_OPTIONS[] = {
    {"vendor-key", 0, "KEY", N_("trust this verifier key, or the one in this file, besides the desk's own"), true},
    {"license", 0, "FILE", N_("check a checkpoint or proof against the host key that this license names"), false},
    JSON,
    {0},
};

static const struct option_info AUDIT_OPTIONS[] = {
    {"previous", 0, "CHECKPOINT", N_("the ledger must extend this checkpoint, kept from an earlier audit"), false},
    {"host-key", 0, "KEY", N_("the host's verifier key (default: those in the desk's licenses for this ledger)"),
     false},
    {"csv", 0, "FILE", N_("write the true-up as CSV there (- for standard output, and nothing else)"), false},
    {"accept", 0, NULL, N_("keep the audit in spite of its findings, so that the next one goes on behind them"), false},
    JSON,
    {0},
};

static const struct command_info COMMANDS[] = {
    {"init", "VENDOR", N_("make a desk: two keys, one in use and one spare, and an empty record"), INIT_OPTIONS,
     "aval-vendor --desk ~/desk init acme.example\n"
     "aval-vendor init acme.example --spare /media/safe/spare.key\n"
     "aval-vendor init acme.example --no-passphrase",
     1, 1, command_init},
    {"passphrase", "[KEY-FILE]", N_("seal the secret key with another passphrase, or take the seal off"),
     PASSPHRASE_OPTIONS,
     "aval-vendor passphrase\n"
     "aval-vendor passphrase --remove\n"
     "aval-vendor passphrase /media/safe/spare-530d903a.key",
     0, 1, command_passphrase_change},
    {"rotate", "SPARE-KEY-FILE", N_("put the spare key in the place of the one in use, and make another spare"),
     ROTATE_OPTIONS,
     "aval-vendor rotate /media/safe/spare-530d903a.key\n"
     "aval-vendor rotate /media/safe/spare-530d903a.key --spare /media/safe/next.key --json",
     1, 1, command_rotate},
    {"product", "[FILE.ini]", N_("sign the document of a product and its editions"), PRODUCT_OPTIONS,
     "aval-vendor product studio.ini\n"
     "aval-vendor product studio.ini --output dist/studio.product\n"
     "aval-vendor product --again",
     0, 1, command_product},
    {"key", "[PRODUCT]", N_("print the generic keys of each edition, volume and counted"), KEY_OPTIONS,
     "aval-vendor key\n"
     "aval-vendor key studio --json",
     0, 1, command_key},
    {"license", "HOST-REQUEST...", N_("sign a license for an operator's host request, or for several hosts together"),
     LICENSE_OPTIONS,
     "aval-vendor license uni.host-request --product studio --edition pro --threshold 25 --seats 500\n"
     "aval-vendor license uni.host-request --product studio --edition edu --threshold 5 --seats 100 \\\n"
     "    --overage 10 --lease 90d --feature export --from 2027-01-01 --until 2028-01-01",
     1, LICENSE_HOSTS_MAX, command_license},
    {"renew", "LICENSE-ID", N_("sign a license with the same terms, which takes the place of that one"), RENEW_OPTIONS,
     "aval-vendor renew 8a2b6e0f4c1d9375e6a0 --until 2027-12-31\n"
     "aval-vendor renew 8a2b6e0f4c1d9375e6a0 --from 2027-01-01 --until 2027-12-31 --seats 600 --json",
     1, 1, command_renew},
    {"test-license", "PRODUCT FOLDER", N_("make a host, a license and all that developers need to try a product"),
     TEST_LICENSE_OPTIONS,
     "aval-vendor test-license studio ~/studio-test\n"
     "aval-vendor test-license studio ~/studio-test --edition pro --counted --for 30d --json",
     2, 2, command_test_license},
    {"licenses", "[LICENSE-ID]", N_("list the licenses signed, or print one again as it was signed"), LICENSES_OPTIONS,
     "aval-vendor licenses\n"
     "aval-vendor licenses 8a2b6e0f4c1d9375e6a0 > uni.license",
     0, 1, command_licenses},
    {"revoke", "[LICENSE-ID]...", N_("sign revocations of licenses, or of a host's or former vendor's key"),
     REVOKE_OPTIONS,
     "aval-vendor revoke 8a2b6e0f4c1d9375e6a0\n"
     "aval-vendor revoke --host-key kms.uni.example/acme.example+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
     0, ARGUMENTS_MAX, command_revoke},
    {"adopt", "FILE...", N_("take what this vendor signed, and the record has lost, back into it"), ADOPT_OPTIONS,
     "aval-vendor adopt uni.license acme.example-4.revocations studio.product\n"
     "aval-vendor adopt licenses/* revocations --json",
     1, ARGUMENTS_MAX, command_adopt},
    {"inspect", "FILE", N_("say what a document says, who signed it and whether it verifies"), INSPECT_OPTIONS,
     "aval-vendor inspect uni.host-request\n"
     "aval-vendor inspect uni.license --vendor-key vendor.vkey\n"
     "aval-vendor inspect machine.tlog-proof --license uni.license --json",
     1, 1, command_inspect},
    {"audit", "FILE...", N_("audit the ledgers that operators exported, and say what is to be billed"), AUDIT_OPTIONS,
     "aval-vendor audit uni.ledger\n"
     "aval-vendor audit north.ledger south.ledger --csv true-up.csv\n"
     "aval-vendor audit uni-2027.ledger --csv true-up.csv\n"
     "aval-vendor audit uni-2027.ledger --previous uni-2026.checkpoint --json",
     1, ARGUMENTS_MAX, command_audit},
    {0},
};

static const struct program_info PROGRAM = {
    .name = PROGRAM_NAME,
    .summary = N_("The vendor's desk of Aval: keeps the vendor's key, defines products and signs licenses, offline."),
    .options = PROGRAM_OPTIONS,
    .commands = COMMANDS,
    .epilogue = N_("Times are written 180d, 12h, 30m or 45s; dates 2026-11-22 or 2026-11-22T09:00:00Z.\n"
                   "Exit status: 0 done, 1 internal error, 2 usage, 3 bad document, 4 not trusted, 5 files,\n"
                   "6 something is in the way, 14 revoked. See aval-vendor(1)."),
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv, NULL);
}
