/* avalctl, the operator's view of a running host: its command line. */
#include "avalctl.h"

#include "base/sentences.h"
#include "terminal/program.h"

static const struct option_info common[] = {
    {"data", 'd', "FOLDER", N_("data folder of the host; default: /var/lib/avald"), false},
    {"json", 'j', NULL, N_("print JSON, failures too"), false},
    {NULL, 0, NULL, NULL, false},
};

#define LIMIT_OPTION \
    { \
        "limit", 'n', "N", N_("how many to show; default: 100"), false \
    }
#define LIST_OPTIONS \
    {"sort", 0, "KEY", N_("by id, last-seen, end, label, name or product"), false}, \
        {"csv", 0, NULL, N_("print CSV for a spreadsheet: all of them, unless --limit or --sort is given"), false}, \
        LIMIT_OPTION
#define END_OPTION \
    { \
        NULL, 0, NULL, NULL, false \
    }

static const struct option_info machines_options[] = {
    {"blocked", 0, NULL, N_("only machines that are blocked"), false},
    {"holding", 0, NULL, N_("only machines that hold a lease now"), false},
    {"license", 0, "ID", N_("only machines under this license"), false},
    {"label", 0, "TEXT", N_("only machines with this in their label"), false},
    {"name", 0, "TEXT", N_("only machines with this in the name that they tell"), false},
    {"product", 0, "ID", N_("only machines that asked for this product"), false},
    {"state", 0, "STATE", N_("only holding, blocked, reclaimed, released, denied or ended ones"), false},
    {"seen", 0, "TIME", N_("only machines that asked within that time"), false},
    {"unseen", 0, "TIME", N_("only machines that have not asked for that long"), false},
    LIST_OPTIONS,
    END_OPTION,
};
static const struct option_info find_options[] = {LIST_OPTIONS, END_OPTION};
static const struct option_info denials_options[] = {
    {"machine", 'm', "MACHINE", N_("only denials of this machine"), false},
    LIMIT_OPTION,
    END_OPTION,
};
static const struct option_info block_options[] = {
    {"reason", 'r', "TEXT", N_("Why, for whoever asks later"), false},
    END_OPTION,
};

static const struct option_info why_options[] = {
    {"license", 0, "ID", N_("under this license; otherwise where it holds a seat, or asked last"), false},
    END_OPTION,
};
static const struct option_info reclaim_options[] = {
    {"license", 0, "ID", N_("whose seat; needed where the machine holds several"), false},
    {"yes", 'y', NULL, N_("do it without asking"), false},
    END_OPTION,
};

#define VENDOR_OPTION \
    { \
        "vendor", 0, "VENDOR", N_("whose ledger; needed where there are several"), false \
    }
static const struct option_info checkpoint_options[] = {VENDOR_OPTION, END_OPTION};
static const struct option_info export_options[] = {
    VENDOR_OPTION,
    {"epoch", 0, "N", N_("of this epoch, which may have ended; \"all\": of each, to FILE.N"), false},
    {"since", 0, "SIZE", N_("only leaves from this size on, which the vendor has audited before"), false},
    {"output", 'o', "FILE", N_("where to write it; default: standard output"), false},
    END_OPTION,
};

static const struct option_info verify_options[] = {
    {"vendor", 0, "VENDOR", N_("only the ledger of this vendor"), false},
    {"resume", 0, "FILE", N_("where to keep the position; default: a file beside the vendor's key"), false},
    {"restart", 0, NULL, N_("begin anew where an earlier check was interrupted"), false},
    END_OPTION,
};

static const struct option_info introduce_options[] = {
    {"counted", 0, NULL, N_("for a machine with a counted product key"), false},
    END_OPTION,
};

static const struct option_info kit_options[] = {
    {"product", 0, "VENDOR/PRODUCT", N_("only this product; otherwise all that were imported"), false},
    {"edition", 0, "ID", N_("this edition; needed where licenses are for several"), false},
    {"counted", 0, NULL, N_("for counted licenses"), false},
    {"hosts", 0, "LIST", N_("hosts to ask, with commas between, or \"dns\"; otherwise this one by its name"), false},
    {"site-key", 0, NULL, N_("put the site key in: the kit is a secret then"), false},
    {"output", 'o', "FILE", N_("where to write it; default: standard output"), false},
    END_OPTION,
};

static const struct command_info commands[] = {
    {"status", "", N_("show licenses, seats, ledgers and what was answered"), NULL,
     "avalctl status\navalctl status --json", 0, 0, command_status},
    {"licenses", "", N_("list licenses with their counts, seats and terms"), NULL, NULL, 0, 0, command_licenses},
    {"machines", "", N_("list machines"), machines_options,
     "avalctl machines --holding --limit 1000\navalctl machines --unseen 60d --sort last-seen\n"
     "avalctl machines --label lab --csv > machines.csv",
     0, 0, command_machines},
    {"machines list", "", N_("the same"), machines_options, NULL, 0, 0, command_machines},
    {"machines find", "TEXT", N_("find machines by the beginning of their id, by address, label or name"), find_options,
     "avalctl machines find 0f3c\navalctl machines find 192.0.2.17\navalctl machines find \"reading room\"", 1, 1,
     command_find},
    {"machines show", "MACHINE", N_("show all that is known of a machine, and why it was denied"), NULL,
     "avalctl machines show 0f3c9a", 1, 1, command_show},
    {"denials", "", N_("list denials, the newest first"), denials_options, "avalctl denials --machine 0f3c9a", 0, 0,
     command_denials},
    {"label", "MACHINE TEXT", N_("call a machine something; \"\" takes that away"), NULL,
     "avalctl label 0f3c9a \"reading room, 3rd desk\"", 2, 2, command_label},
    {"why", "MACHINE", N_("say in a sentence why a machine has a lease or none, and what to do"), why_options,
     "avalctl why 0f3c9a", 1, 1, command_why},
    {"block", "MACHINE", N_("give a machine no more leases"), block_options,
     "avalctl block 0f3c9a --reason \"stolen on 3 May\"", 1, 1, command_block},
    {"unblock", "MACHINE", N_("take that back"), NULL, "avalctl unblock 0f3c9a", 1, 1, command_unblock},
    {"reclaim", "MACHINE", N_("take a seat back from a machine that is dead, stolen or reinstalled"), reclaim_options,
     "avalctl reclaim 0f3c9a\navalctl reclaim 0f3c9a --license lic-2026-0001 --yes", 1, 1, command_reclaim},
    {"ledger", "", N_("list the epochs of a ledger: one that was begun again has several"), checkpoint_options, NULL, 0,
     0, command_ledger},
    {"ledger checkpoint", "", N_("print what was signed last for a ledger"), checkpoint_options, NULL, 0, 0,
     command_ledger_checkpoint},
    {"ledger export", "", N_("write a ledger to a file, for the vendor's audit"), export_options,
     "avalctl ledger export > acme.ledger\navalctl ledger export --since 120000 --output acme.ledger\n"
     "avalctl ledger export --epoch all --output acme.ledger",
     0, 0, command_ledger_export},
    {"ledger verify", "", N_("check the whole database against the last signed checkpoint"), verify_options,
     "avalctl ledger verify\navalctl ledger verify --vendor acme.example --restart", 0, 0, command_ledger_verify},
    {"kit", "", N_("write all that a machine needs to join, in one file, for `aval join`"), kit_options,
     "avalctl kit > uni.kit\n"
     "avalctl kit --product acme.example/studio --edition pro --hosts kms1.uni.example,kms2.uni.example --output "
     "uni.kit",
     0, 0, command_kit},
    {"introduce", "VENDOR/PRODUCT/EDITION", N_("write the file with which a machine without a network begins"),
     introduce_options, "avalctl introduce acme.example/studio/pro > kms.introduction", 1, 1, command_introduce},
    {"answer", "FILE", N_("answer the request of a machine without a network"), NULL,
     "avalctl answer this.request > this.answer", 1, 1, command_answer},
    {"reload", "", N_("have the host read its configuration and licenses again"), NULL, NULL, 0, 0, command_reload},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct program_info program = {
    AVALCTL,
    N_("Shows and steers the activation host that runs on a data folder, over its control socket, which answers the "
       "folder's owner and root. A machine is named by its id, or by 4 or more digits with which no other begins."),
    common,
    commands,
    NULL,
};

int main(int argc, char **argv)
{
    return program_main(&program, argc, argv, NULL);
}
