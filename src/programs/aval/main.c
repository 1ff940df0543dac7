/* aval: activation of this machine. The table of its commands, which --help and the manual page follow. */
#include "command.h"

#include "base/sentences.h"
#include "kit/kit.h"
#include "terminal/program.h"

static const struct option_info PROGRAM_OPTIONS[] = {
    {"state", 0, "FOLDER",
     N_("this machine's state (default: /var/lib/aval, and for what is not there ~/.local/state/aval)"), false},
    {"product", 0, "VENDOR/PRODUCT", N_("the product meant, where several are installed"), false},
    {"identity", 0, "FILE", N_("which machine this is, where its platform says so: the file's first line"), false},
    {"timeout", 0, "TIME", N_("how long to ask, all hosts together (default: 10s)"), false},
    {"json", 0, NULL, N_("print JSON"), false},
    {0},
};

static const struct option_info INSTALL_OPTIONS[] = {
    {"vendor-key", 0, "KEY", N_("the vendor's verifier key, or a file that holds it (needed)"), false},
    {0},
};

static const struct option_info JOIN_OPTIONS[] = {
    {"no-timer", 0, NULL, N_("leave renewing by itself to somebody else"), false},
    {0},
};

static const struct option_info LEAVE_OPTIONS[] = {
    {"force", 'f', NULL, N_("forget leases too whose seats could not be given back"), false},
    {0},
};

static const struct option_info RENEW_OPTIONS[] = {
    {"all", 0, NULL, N_("every product; one that fails does not stop the others"), false},
    {"force", 'f', NULL, N_("renew also where it is not due yet, or before the next try"), false},
    {0},
};

static const struct option_info REQUEST_OPTIONS[] = {
    {"license", 0, "FILE", N_("the host's introduction, by `avalctl introduce`, or a kit; needed the first time"),
     false},
    {"output", 'o', "FILE", N_("where to write it; default: standard output"), false},
    {0},
};

static const struct option_info STATUS_OPTIONS[] = {
    {"verbose", 'v', NULL, N_("say everything"), false},
    {0},
};

static const struct option_info MACHINE_OPTIONS[] = {
    {"serials", 0, NULL, N_("show the serial numbers and addresses themselves, too"), false},
    {0},
};

static const struct option_info ABOUT_OPTIONS[] = {
    {"product-version", 0, "VERSION", N_("the version of the product"), false},
    {0},
};

static const struct option_info EXPLAIN_OPTIONS[] = {
    {"all", 0, NULL, N_("list every code"), false},
    {0},
};

static const struct command_info COMMANDS[] = {
    {"join", "KIT", N_("do all that makes this machine one of its organisation's, by the operator's kit"), JOIN_OPTIONS,
     "aval join uni.kit\n"
     "aval join uni.kit --json --no-timer",
     1, 1, run_join},
    {"leave", "", N_("give the seats back, and forget keys, hosts and site key"), LEAVE_OPTIONS, "aval leave", 0, 0,
     run_leave},
    {"inspect", "KIT", N_("say what is in a kit, and whom it makes this machine believe"), NULL, "aval inspect uni.kit",
     1, 1, run_inspect},
    {"product install", "FILE", N_("install a product, or a newer issue of it"), INSTALL_OPTIONS,
     "aval product install studio.product --vendor-key acme.example.vkey", 1, 1, run_product_install},
    {"product list", "", N_("list the installed products"), NULL, NULL, 0, 0, run_product_list},
    {"key install", "KEY", N_("install a product key: 25 symbols in five groups"), NULL,
     "aval key install 4XQ7R-2M9TA-00000-00000-3V66T", 1, 1, run_key_install},
    {"key remove", "SUFFIX", N_("remove the key with those last five symbols, and its lease"), NULL,
     "aval key remove 3V66T", 1, 1, run_key_remove},
    {"key show", "", N_("show which key is installed"), NULL, NULL, 0, 0, run_key_show},
    {"host set", "HOST...", N_("say which hosts to ask, in order"), NULL,
     "aval host set kms.uni.example\n"
     "aval host set kms1.uni.example kms2.uni.example:8300 '[2001:db8::7]:8216'",
     1, ARGUMENTS_MAX, run_host_set},
    {"host clear", "", N_("forget the hosts"), NULL, NULL, 0, 0, run_host_clear},
    {"host show", "", N_("show the hosts"), NULL, NULL, 0, 0, run_host_show},
    {"host discover", "", N_("ask name servers for the hosts of this network"), NULL,
     "aval host discover\n"
     "aval host discover --json",
     0, 0, run_host_discover},
    {"site-key set", "FILE", N_("show hosts that this machine is its organisation's own, by the key in the file"), NULL,
     "aval site-key set site-key\n"
     "ssh kms.uni.example cat /var/lib/avald/site-key | aval site-key set -",
     1, 1, run_site_key_set},
    {"site-key remove", "", N_("forget the site key"), NULL, NULL, 0, 0, run_site_key_remove},
    {"revocations", "FILE", N_("take what a vendor has revoked, where no host has told it"), NULL,
     "aval revocations acme.revocations", 1, 1, run_revocations},
    {"activate", "", N_("ask the hosts in turn for a lease"), NULL, "aval activate --timeout 5s", 0, 0, run_activate},
    {"renew", "", N_("renew the lease where that is due; for timers"), RENEW_OPTIONS,
     "aval renew --all\n"
     "aval renew --force",
     0, 0, run_renew},
    {"release", "", N_("give the seat back and forget the lease"), NULL, NULL, 0, 0, run_release},
    {"request", "", N_("make a file for the operator of a host, on a machine without a network"), REQUEST_OPTIONS,
     "aval request --license uni.kit --output this.request\n"
     "aval request > this.request",
     0, 0, run_request},
    {"accept", "FILE", N_("take the operator's answer to it"), NULL,
     "aval accept this.answer\n"
     "aval accept - < this.answer",
     1, 1, run_accept},
    {"status", "", N_("say whether this machine is licensed, and until when"), STATUS_OPTIONS,
     "aval status -v\n"
     "aval status --json",
     0, 0, run_status},
    {"machine", "", N_("show by what this machine is told from others, and what of it counts for nothing"),
     MACHINE_OPTIONS,
     "aval machine\n"
     "aval machine --serials\n"
     "aval machine --json",
     0, 0, run_machine},
    {"about", "", N_("show what this machine tells the operator of its host of itself"), NULL, NULL, 0, 0,
     run_about_show},
    {"about show", "", N_("the same"), NULL, NULL, 0, 0, run_about_show},
    {"about tell", "WHAT [NAME]", N_("say how much it may tell: nothing, product, or name"), NULL,
     "aval about tell name\n"
     "aval about tell name 'reading room 3'\n"
     "aval about tell nothing",
     1, 2, run_about_tell},
    {"about set", "[KEY=VALUE...]", N_("set what the product tells, in the place of what it told before"),
     ABOUT_OPTIONS, "aval about set --product-version 4.2.1 gpu=none", 0, AVAL_DATA_MAX, run_about_set},
    {"evidence", "", N_("list where a host's ledger did not extend what it had shown before"), NULL, NULL, 0, 0,
     run_evidence_list},
    {"evidence list", "", N_("the same"), NULL, NULL, 0, 0, run_evidence_list},
    {"evidence show", "NUMBER", N_("show one of them whole, and say what it proves"), NULL, "aval evidence show 1", 1,
     1, run_evidence_show},
    {"evidence export", "FILE [NUMBER]", N_("write all of them, or one, to a file for the vendor"), NULL,
     "aval evidence export kms.evidence", 1, 2, run_evidence_export},
    {"explain", "[CODE]", N_("say what a code means and what to do"), EXPLAIN_OPTIONS,
     "aval explain below-threshold\n"
     "aval explain 100",
     0, 1, run_explain},
    {0},
};

static const struct program_info PROGRAM_TABLE = {
    .name = PROGRAM,
    .summary = N_("Activates the products of this machine at an activation host of its organisation."),
    .options = PROGRAM_OPTIONS,
    .commands = COMMANDS,
    .epilogue = N_("Every failure has a code; `aval explain CODE` says what it means and what to do."),
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM_TABLE, argc, argv, NULL);
}
