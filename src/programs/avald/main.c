/* avald, the activation host: its command line. */
#include "commands.h"

#include "base/sentences.h"
#include "terminal/program.h"

static const struct option_info common[] = {
    {"data", 'd', "FOLDER", N_("data folder of the host; default: that of the configuration, or /var/lib/avald"),
     false},
    {"config", 'c', "FILE", N_("Configuration; default: /etc/aval/avald.conf, if it exists"), false},
    {NULL, 0, NULL, NULL, false},
};

static const struct option_info init_options[] = {
    {"name", 'n', "HOST", N_("name of this host, such as kms.uni.example; it cannot be changed later"), false},
    {NULL, 0, NULL, NULL, false},
};

static const struct option_info enroll_options[] = {
    {"customer", 0, "NAME", N_("your organisation, as the vendor knows it"), false},
    {"output", 'o', "FILE", N_("where to write the host request too; -: standard output"), false},
    {NULL, 0, NULL, NULL, false},
};

static const struct option_info recover_options[] = {
    {"vendor", 0, "VENDOR", N_("only the ledger of this vendor"), false},
    {"clock", 0, NULL, N_("ledgers that are far ahead of the clock, instead of those that lost something"), false},
    {"restored", 0, "VENDOR", N_("the ledger of this vendor, which was restored from an old copy"), false},
    {"copied", 0, NULL, N_("all ledgers, because this folder is an old copy that was put back by hand"), false},
    {"yes", 'y', NULL, N_("do it; without, only say what is wrong"), false},
    {NULL, 0, NULL, NULL, false},
};

static const struct option_info backup_options[] = {
    {"without-keys", 0, NULL, N_("leave the secret host keys and site keys out"), false},
    {NULL, 0, NULL, NULL, false},
};

static const struct option_info archive_options[] = {
    {"keep", 0, "TIME", N_("younger entries stay in the database; default: 60d"), false},
    {"shrink", 0, NULL, N_("give room back to the file system too; the host must be stopped"), false},
    {NULL, 0, NULL, NULL, false},
};

static const struct command_info commands[] = {
    {"init", "", N_("make the data folder of a new host"), init_options, "avald init --name kms.uni.example", 0, 0,
     command_init},
    {"enroll", "VENDOR-PRODUCT|VENDOR-KEY", N_("make a key for a vendor, and the request to send to it"),
     enroll_options,
     "avald enroll studio.product --customer \"University of Example\" --output host-request\n"
     "avald enroll acme.example+5d1b3f0a+AX... --customer \"University of Example\"",
     1, 1, command_enroll},
    {"import", "FILE...", N_("take licenses and revocations that a vendor signed"), NULL,
     "avald import studio-pro.license", 1, ARGUMENTS_MAX, command_import},
    {"serve", "", N_("answer machines until told to stop"), config_flags,
     "avald serve\navald serve --port 0 --log-format json", 0, 0, command_serve},
    {"site-key new", "", N_("make the secret by which machines show that they are the organisation's own"), NULL,
     "avald site-key new", 0, 0, command_site_key_new},
    {"site-key set", "FILE", N_("take the site key that another host has made"), NULL, "avald site-key set site-key", 1,
     1, command_site_key_set},
    {"site-key end", "", N_("let the site key before the one in use hold no longer"), NULL, NULL, 0, 0,
     command_site_key_end},
    {"site-key remove", "", N_("have no site key any more"), NULL, NULL, 0, 0, command_site_key_remove},
    {"recover", "", N_("begin ledgers again that were lost to an old copy, or to a wrong clock"), recover_options,
     "avald recover\navald recover --yes\navald recover --clock --vendor acme.example --yes\n"
     "avald recover --restored acme.example --yes\navald recover --copied --yes",
     0, 0, command_recover},
    {"backup", "FILE", N_("write all that the host's folder holds into one file, also while it serves"), backup_options,
     "avald backup avald-monday\navald backup --without-keys avald-monday", 1, 1, command_backup},
    {"restore", "FILE", N_("make the folder of a host from a backup, and begin its ledgers again"), NULL,
     "avald restore avald-monday --data /var/lib/avald", 1, 1, command_restore},
    {"ledger archive", "[FOLDER]", N_("bring old entries of the ledgers from the database into files"), archive_options,
     "avald ledger archive\navald ledger archive /srv/aval-archive --keep 30d\navald ledger archive --shrink", 0, 1,
     command_archive},
    {"check-config", "[FILE]", N_("read a configuration and say what it means, or what is wrong"), NULL,
     "avald check-config /etc/aval/avald.conf", 0, 1, command_check_config},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct program_info program = {
    AVALD,
    N_("The activation host: machines of an organisation ask it, and it gives them leases under the licenses that "
       "vendors have signed for it. It keeps its keys, licenses, machines and ledgers in one data folder."),
    common,
    commands,
    N_("While it serves, SIGHUP makes it read its configuration and licenses again,\n"
       "and SIGTERM or SIGINT ends it after the batch in flight. See avald(8) for\n"
       "files and exit statuses, avald.conf(5), and avalctl(1)."),
};

int main(int argc, char **argv)
{
    return program_main(&program, argc, argv, NULL);
}
