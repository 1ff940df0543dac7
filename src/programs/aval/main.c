/* aval: activation of this machine. The table of its commands, which --help and the manual page follow. */
#include "command.h"

#include "terminal/program.h"

static const struct option_info PROGRAM_OPTIONS[] = {
    {"state", 0, "FOLDER", "this machine's state (default: /var/lib/aval for root, else ~/.local/state/aval)", false},
    {"product", 0, "VENDOR/PRODUCT", "the product meant, where several are installed", false},
    {"timeout", 0, "TIME", "how long to wait for each host (default: 10s)", false},
    {"json", 0, NULL, "print JSON", false},
    {0},
};

static const struct option_info INSTALL_OPTIONS[] = {
    {"vendor-key", 0, "KEY", "the vendor's verifier key, or a file that holds it (needed)", false},
    {0},
};

static const struct option_info RENEW_OPTIONS[] = {
    {"force", 'f', NULL, "renew also where it is not due yet", false},
    {0},
};

static const struct option_info STATUS_OPTIONS[] = {
    {"verbose", 'v', NULL, "say everything", false},
    {0},
};

static const struct option_info EXPLAIN_OPTIONS[] = {
    {"all", 0, NULL, "list every code", false},
    {0},
};

static const struct command_info COMMANDS[] = {
    {"product install", "FILE", "install a product, or a newer issue of it", INSTALL_OPTIONS,
     "aval product install studio.product --vendor-key acme.example.vkey", 1, 1, run_product_install},
    {"product list", "", "list the installed products", NULL, NULL, 0, 0, run_product_list},
    {"key install", "KEY", "install a product key: 25 symbols in five groups", NULL,
     "aval key install 4XQ7R-2M9TA-00000-00000-3V66T", 1, 1, run_key_install},
    {"key remove", "SUFFIX", "remove the key with those last five symbols, and its lease", NULL,
     "aval key remove 3V66T", 1, 1, run_key_remove},
    {"key show", "", "show which key is installed", NULL, NULL, 0, 0, run_key_show},
    {"host set", "HOST...", "say which hosts to ask, in order", NULL,
     "aval host set kms.uni.example\n"
     "aval host set kms1.uni.example kms2.uni.example:8300 '[2001:db8::7]:8216'",
     1, ARGUMENTS_MAX, run_host_set},
    {"host clear", "", "forget the hosts", NULL, NULL, 0, 0, run_host_clear},
    {"host show", "", "show the hosts", NULL, NULL, 0, 0, run_host_show},
    {"activate", "", "ask the hosts in turn for a lease", NULL, "aval activate --timeout 5s", 0, 0, run_activate},
    {"renew", "", "renew the lease where that is due; for timers", RENEW_OPTIONS, "aval renew --force", 0, 0,
     run_renew},
    {"release", "", "give the seat back and forget the lease", NULL, NULL, 0, 0, run_release},
    {"status", "", "say whether this machine is licensed, and until when", STATUS_OPTIONS,
     "aval status -v\n"
     "aval status --json",
     0, 0, run_status},
    {"evidence", "", "list where a host's ledger did not extend what it had shown before", NULL, NULL, 0, 0,
     run_evidence_list},
    {"evidence list", "", "the same", NULL, NULL, 0, 0, run_evidence_list},
    {"evidence show", "NUMBER", "show one of them whole, and say what it proves", NULL, "aval evidence show 1", 1, 1,
     run_evidence_show},
    {"evidence export", "FILE [NUMBER]", "write all of them, or one, to a file for the vendor", NULL,
     "aval evidence export kms.evidence", 1, 2, run_evidence_export},
    {"explain", "[CODE]", "say what a code means and what to do", EXPLAIN_OPTIONS,
     "aval explain below-threshold\n"
     "aval explain 100",
     0, 1, run_explain},
    {0},
};

static const struct program_info PROGRAM_TABLE = {
    .name = PROGRAM,
    .summary = "Activates the products of this machine at an activation host of its organisation.",
    .options = PROGRAM_OPTIONS,
    .commands = COMMANDS,
    .epilogue = "Every failure has a code; `aval explain CODE` says what it means and what to do.",
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM_TABLE, argc, argv, NULL);
}
