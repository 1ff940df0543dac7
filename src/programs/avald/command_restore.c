/*
 * `avald restore`: a host's folder, made of a backup. Nobody can say what was signed after it, so each ledger begins
 * its next epoch at once, and the host can serve.
 */
#include "authority/folder.h"
#include "backup/backup.h"
#include "base/sentences.h"
#include "commands.h"
#include "ledger/archive.h"
#include "ledger/epochs.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct restoring {
    const char *folder;
    struct authority *authority;
    struct store *store;
    struct reason reason;
};

static RESULT begin_epoch(struct restoring *restoring, const struct authority_vendor *vendor)
{
    struct epoch_loss loss;
    struct epoch epoch;
    TRY(epoch_look(restoring->folder, restoring->store, vendor, &loss, &restoring->reason));
    TRY(epoch_begin(restoring->folder, restoring->store, vendor, &loss, EPOCH_RESTORED, clock_now(), &epoch,
                    &restoring->reason));
    say_text(_("%s: began the ledger %s\n"), vendor->vendor, epoch.origin);
    command_pass_second(epoch.began);
    return RESULT_OK;
}

static RESULT begin_epochs(struct restoring *restoring)
{
    char path[PATH_SIZE];
    const struct log log = {LOG_WARNING, LOG_FORMAT_TEXT, clock_now, STDERR_FILENO};
    TRY(authority_load(restoring->folder, &log, &restoring->authority, &restoring->reason));
    TRY(path_join(path, restoring->folder, FOLDER_DATABASE));
    const struct store_sqlite_options options = {.path = path};
    TRY(store_open_sqlite(&options, &restoring->store, &restoring->reason));
    archive_attach(restoring->store, restoring->folder);
    for (size_t i = 0; i < restoring->authority->vendor_count; i++)
        TRY(begin_epoch(restoring, &restoring->authority->vendors[i]));
    return RESULT_OK;
}

/* Entries that were archived are not in the backup. */
static void say_archive(struct restoring *restoring)
{
    struct archive_state state;
    struct control_archive_check check;
    struct reason *const reason = &restoring->reason;
    struct result looked = archive_look(restoring->store, restoring->folder, &state, reason);
    if (is_ok(looked))
        looked = command_check_archive(restoring->folder, restoring->store, &check, reason);
    if (!is_ok(looked)) {
        const char *const words = reason_or_null(reason);
        say_hint(_("The archive could not be checked: %s; `avald ledger archive` does it again."),
                 words != NULL ? words : error_info(result_code(looked))->sentence);
    } else if (check.bad > 0) {
        say_hint(_("%" PRIu64 " of %" PRIu64 " bundles of archived entries are missing or damaged, first %s. Machines "
                   "are served without them; for exports and checks copy the archive of the old host to %s."),
                 check.bad, state.bundles, check.first, state.folder);
    }
}

static void say_what_to_do(struct restoring *restoring, const struct backup_report *report)
{
    const char *const folder = restoring->folder;
    char path[PATH_SIZE];
    if (restoring->authority->vendor_count > 0)
        say_hint(
            _("Each first leaf says that the host was restored. Machines renew by themselves; tell the vendors, who "
              "will read of it in the next audit, and need what they have not audited of the ledgers before: `avalctl "
              "ledger export --epoch all --output FILE`, once the host serves."));
    if (is_ok(path_join(path, folder, BACKUP_CONFIG)) && file_exists(path))
        say_hint(_("The configuration of then is in %s; put it where avald reads it, if it is to be used."), path);
    if (!report->head.keys)
        say_hint(
            _("There are no secret keys in the backup, and the host does not serve without them. Put each vendor's "
              "key into %s/signer/VENDOR.key (mode 0600). If they are lost: remove %s/vendors/VENDOR and "
              "%s/signer/VENDOR*, `avald enroll` anew, and have the vendor sign licenses for the new key."),
            folder, folder, folder);
    say_archive(restoring);
    say_hint(_("The host that the backup is of must not be started again: there would be two of it."));
}

static int restore(struct restoring *restoring, const char *file)
{
    char made[TIME_TEXT_SIZE];
    struct backup_report report;
    struct result state = backup_unpack(file, restoring->folder, &report, &restoring->reason);
    if (result_code(state) == ERR_FILE_EXISTS)
        return say_failure(AVALD, restoring->folder, state, restoring->reason.text);
    if (!is_ok(state))
        return say_failure(AVALD, file, state, restoring->reason.text);
    time_write(report.head.made, made);
    say_text(_("%s: restored %s as of %s, %" PRIu64 " files of %" PRIu64 " bytes\n"), restoring->folder,
             report.head.host, made, report.files, report.bytes);
    state = begin_epochs(restoring);
    if (!is_ok(state))
        return say_failure(AVALD, restoring->folder, state, restoring->reason.text);
    say_what_to_do(restoring, &report);
    return EXIT_FINE;
}

int command_restore(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    struct restoring restoring = {.folder = config.data};
    status = restore(&restoring, arguments->values[0]);
    store_close(restoring.store);
    authority_release(restoring.authority);
    return status;
}
