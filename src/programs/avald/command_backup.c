/*
 * `avald backup`: one file with all that a host's folder holds. The database is copied by whoever has it open: the
 * avald that serves the folder, which is asked over its control socket, or this command while the folder's lock is
 * held.
 */
#include "authority/folder.h"
#include "backup/backup.h"
#include "base/sentences.h"
#include "commands.h"
#include "control/client.h"
#include "ledger/archive.h"
#include "proto/admin/archive.h"
#include "proto/admin/copy.h"
#include "proto/api.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "system/owner.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MILLISECONDS = 50 };

struct backing_up {
    struct config config;
    const char *config_path; /* NULL: there is none */
    const char *file;
    char copy[PATH_SIZE];
    char database[PATH_SIZE];
    int own_lock;    /* against a second backup at the same time */
    int folder_lock; /* of a host that is stopped, and stays so meanwhile */
    struct archive_state archive;
    struct reason reason;
};

static int failed(const struct backing_up *backing_up, const char *what, struct result why)
{
    return say_failure(AVALD, what, why, backing_up->reason.text);
}

/* ---- what is no part of it ---- */

static RESULT look_at_running(struct backing_up *backing_up)
{
    struct control_archiving archiving;
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    TRY(control_ask(backing_up->config.data, "GET", CONTROL_ARCHIVE, slice_make(NULL, 0), &answer, NULL));
    TRY(control_archiving_read(buffer_slice(&answer), &archiving));
    backing_up->archive.bundles = archiving.archived;
    return slice_copy_text(slice_of(archiving.folder), backing_up->archive.folder, sizeof backing_up->archive.folder);
}

/* ---- the copy of the database ---- */

static RESULT ask_copying(struct backing_up *backing_up, const char *method, struct control_copying *ret_copying)
{
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    TRY(control_ask(backing_up->config.data, method, CONTROL_COPY, slice_make(NULL, 0), &answer, &backing_up->reason));
    return control_copying_read(buffer_slice(&answer), ret_copying);
}

static RESULT copy_of_running(struct backing_up *backing_up)
{
    const struct timespec pause = {0, LOOK_MILLISECONDS * 1000000L};
    struct control_copying copying;
    TRY(ask_copying(backing_up, "POST", &copying));
    while (copying.running) {
        nanosleep(&pause, NULL);
        TRY(ask_copying(backing_up, "GET", &copying));
    }
    result_ignore(look_at_running(backing_up)); /* the backup is as good without */
    return RESULT_OK;
}

static RESULT copy_of_stopped(struct backing_up *backing_up)
{
    struct store *store;
    const struct store_sqlite_options options = {.path = backing_up->database, .create = true};
    TRY(store_open_sqlite(&options, &store, &backing_up->reason));
    result_ignore(archive_look(store, backing_up->config.data, &backing_up->archive, NULL));
    const struct result copied = store_copy(store, backing_up->copy, NULL, &backing_up->reason);
    store_close(store);
    return copied;
}

static RESULT copy_database(struct backing_up *backing_up)
{
    char path[PATH_SIZE];
    TRY(path_join(path, backing_up->config.data, FOLDER_LOCK));
    const struct result locked = file_lock(path, 0, &backing_up->folder_lock, &backing_up->reason);
    if (result_code(locked) == ERR_LOCKED)
        return copy_of_running(backing_up);
    TRY(locked);
    return copy_of_stopped(backing_up);
}

/* ---- the backup ---- */

static RESULT prepare(struct backing_up *backing_up)
{
    char path[PATH_SIZE];
    char name[HOST_NAME_SIZE];
    const char *const folder = backing_up->config.data;
    TRY(folder_host_name(folder, name, &backing_up->reason));
    TRY(path_join(backing_up->copy, folder, FOLDER_COPY));
    TRY(path_join(backing_up->database, folder, FOLDER_DATABASE));
    TRY(path_join(path, folder, FOLDER_COPY_LOCK));
    return file_lock(path, 0, &backing_up->own_lock, &backing_up->reason);
}

static void say_made(const struct backing_up *backing_up, const struct backup_report *report)
{
    say_text(_("%s: backup of %s, %" PRIu64 " files of %" PRIu64 " bytes, read again and found whole\n"),
             backing_up->file, report->head.host, report->files, report->bytes);
    if (backing_up->archive.bundles > 0)
        say_hint(_("%" PRIu64 " bundles of archived entries are in %s and not in it: copy that folder apart. Its files "
                   "never change, so copy what is new."),
                 backing_up->archive.bundles, backing_up->archive.folder);
    if (report->head.keys)
        say_hint(
            _("It holds the host's secret keys: who has it can be this host. Keep it as safe as the host itself."));
    else
        say_hint(
            _("It holds no secret keys. A host that is restored from it needs them from elsewhere, or enrolls anew "
              "with each vendor, who then signs new licenses."));
}

/* What is made in the folder for it is the folder's owner's; the backup is whose command this is. */
static int copy_as_owner(struct backing_up *backing_up)
{
    struct result state = owner_become(backing_up->config.data, &backing_up->reason);
    if (is_ok(state))
        state = prepare(backing_up);
    const bool prepared = is_ok(state);
    if (result_code(state) == ERR_LOCKED)
        return say_failure(AVALD, backing_up->config.data, state, _("another backup of it is being made"));
    if (prepared)
        state = copy_database(backing_up);
    owner_leave();
    if (!is_ok(state))
        return failed(backing_up, prepared ? backing_up->database : backing_up->config.data, state);
    return EXIT_FINE;
}

static int back_up(struct backing_up *backing_up, bool keys)
{
    const int copied = copy_as_owner(backing_up);
    if (copied != EXIT_FINE)
        return copied;
    struct backup_report report;
    const struct backup_options options = {.folder = backing_up->config.data,
                                           .database = backing_up->copy,
                                           .config = backing_up->config_path,
                                           .keys = keys,
                                           .now = clock_now()};
    const struct result state = backup_make(&options, backing_up->file, &report, &backing_up->reason);
    if (!is_ok(state))
        return failed(backing_up, backing_up->file, state);
    say_made(backing_up, &report);
    return EXIT_FINE;
}

int command_backup(const struct arguments *arguments, void *context)
{
    (void)context;
    struct backing_up backing_up = {.file = arguments->values[0], .own_lock = -1, .folder_lock = -1};
    const struct result read =
        command_config(arguments, &backing_up.config, &backing_up.config_path, &backing_up.reason);
    if (!is_ok(read))
        return say_failure(AVALD, backing_up.config_path, read, backing_up.reason.text);
    const int status = back_up(&backing_up, !argument_given(arguments, "without-keys"));
    if (backing_up.own_lock >= 0)
        result_ignore(file_remove(backing_up.copy, NULL));
    file_unlock(backing_up.folder_lock);
    file_unlock(backing_up.own_lock);
    return status;
}
