/*
 * `avald ledger archive`: old leaves of the ledgers go from the database into files. Whoever has the database open does
 * it: the avald that serves the folder, which is asked over its control socket, or this command while the folder's lock
 * is held.
 */
#include "authority/folder.h"
#include "base/sentences.h"
#include "commands.h"
#include "control/client.h"
#include "ledger/archive.h"
#include "proto/admin/archive.h"
#include "proto/api.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "system/owner.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MILLISECONDS = 50 };

struct archiving_command {
    struct config config;
    char database[PATH_SIZE];
    struct control_archive wanted;
    bool shrink;
    bool running; /* a host serves the folder, and is asked */
    int lock;
    struct progress progress;
    struct control_archiving done;
    struct control_archive_check check;
    struct reason reason;
};

/* ---- the folder ---- */

/* Adds the parts of a path to one that is absolute and has no parts to be taken back. */
static RESULT add_parts(char path[static PATH_SIZE], const char *parts)
{
    while (*parts != 0) {
        char part[PATH_SIZE];
        const size_t size = strcspn(parts, "/");
        TRY(slice_copy_text(slice_make(parts, size), part, sizeof part));
        parts += size + (parts[size] == '/' ? 1 : 0);
        if (size == 0 || strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0)
            (void)path_go_up(path); /* above the root is the root */
        else
            TRY(path_join(path, path, part));
    }
    return RESULT_OK;
}

static RESULT absolute_path(const char *text, char ret_path[static PATH_SIZE])
{
    char here[PATH_SIZE] = "";
    memcpy(ret_path, "/", 2);
    ENSURE(text[0] == '/' || getcwd(here, sizeof here) != NULL, TEXT_TOO_LONG);
    TRY(add_parts(ret_path, here));
    return add_parts(ret_path, text);
}

/* Whether that path, from the host's folder on, lies in one that is the host's for something else. */
static bool is_taken(const char *kept)
{
    static const char *const OTHERS[] = {FOLDER_SIGNER, FOLDER_VENDORS, FOLDER_LICENSES};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        const size_t length = strlen(OTHERS[i]);
        if (strncmp(kept, OTHERS[i], length) == 0 && (kept[length] == '/' || kept[length] == 0))
            return true;
    }
    return false;
}

/* A folder below the host's is named from there, so that it goes with it. */
static RESULT choose_folder(struct archiving_command *command, const char *text)
{
    char path[PATH_SIZE];
    char data[PATH_SIZE];
    if (text == NULL)
        return RESULT_OK;
    ENSURE(utf8_valid(slice_of(text)), TEXT_NOT_UTF8);
    TRY(absolute_path(text, path));
    TRY(absolute_path(command->config.data, data));
    const size_t size = strlen(data);
    const bool within = strncmp(path, data, size) == 0 && path[size] == '/';
    const char *const kept = within ? path + size + 1 : path;
    if (strcmp(path, data) == 0 || (within && is_taken(kept)))
        return reason_say(&command->reason, FAIL(USAGE), "%s", _("the archive needs a folder of its own"));
    return slice_copy_text(slice_of(kept), command->wanted.folder, sizeof command->wanted.folder);
}

/* ---- by the host that serves ---- */

static RESULT ask_archiving(struct archiving_command *command, const char *method, struct slice body)
{
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    TRY(control_ask(command->config.data, method, CONTROL_ARCHIVE, body, &answer, &command->reason));
    return control_archiving_read(buffer_slice(&answer), &command->done);
}

static void show(struct archiving_command *command, uint64_t done, uint64_t all)
{
    command->progress.what = _("archiving bundle");
    command->progress.total = all;
    progress_show(&command->progress, done, clock_monotonic_ms());
}

/* All of them, also those that were there before: nobody may have needed one for years. */
static RESULT check_files(struct archiving_command *command, struct store *store)
{
    progress_end(&command->progress);
    return command_check_archive(command->config.data, store, &command->check, &command->reason);
}

static RESULT archive_of_running(struct archiving_command *command)
{
    const struct timespec pause = {0, LOOK_MILLISECONDS * 1000000L};
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_BODY_MAX);
    TRY(control_archive_write(&command->wanted, &body));
    TRY(ask_archiving(command, "POST", buffer_slice(&body)));
    while (command->done.running) {
        nanosleep(&pause, NULL);
        TRY(ask_archiving(command, "GET", slice_make(NULL, 0)));
        show(command, command->done.done, command->done.all);
    }
    return check_files(command, NULL);
}

/* ---- here ---- */

static RESULT transact(void *context, RESULT (*work)(void *work_context, struct store *store, struct reason *reason),
                       void *work_context, struct reason *reason)
{
    return store_transact(context, work, work_context, reason);
}

static bool go_on(void *context, uint64_t done, uint64_t all)
{
    show(context, done, all);
    return true;
}

static RESULT archive_by(struct archiving_command *command, struct store *store, struct store *reader)
{
    const struct store_watch watch = {go_on, command};
    struct control_archiving *const done = &command->done;
    const struct archive_options options = {.data = command->config.data,
                                            .folder = command->wanted.folder[0] == 0 ? NULL : command->wanted.folder,
                                            .before = clock_now() - (seconds)command->wanted.keep,
                                            .reader = reader,
                                            .transact = transact,
                                            .context = store,
                                            .watch = &watch};
    struct archive_report report;
    struct archive_state state;
    TRY(archive_run(&options, &report, &command->reason));
    TRY(archive_look(reader, command->config.data, &state, &command->reason));
    *done = (struct control_archiving){.bundles = report.bundles, .bytes = report.bytes, .archived = state.bundles};
    TRY(slice_copy_text(slice_of(state.folder), done->folder, sizeof done->folder));
    return check_files(command, reader);
}

static RESULT archive_of_stopped(struct archiving_command *command)
{
    struct store *store;
    struct store *reader = NULL;
    const struct store_sqlite_options options = {.path = command->database};
    TRY(store_open_sqlite(&options, &store, &command->reason));
    archive_attach(store, command->config.data);
    struct result result = store_open_reader(store, &reader, &command->reason);
    if (is_ok(result))
        result = archive_by(command, store, reader);
    store_close(reader);
    if (is_ok(result) && command->shrink)
        result = store_shrink(store, &command->reason);
    store_close(store);
    return result;
}

/* ---- the command ---- */

static RESULT lock_folder(struct archiving_command *command)
{
    char path[PATH_SIZE];
    char name[HOST_NAME_SIZE];
    TRY(owner_become(command->config.data, &command->reason)); /* to the end */
    TRY(folder_host_name(command->config.data, name, &command->reason));
    TRY(path_join(command->database, command->config.data, FOLDER_DATABASE));
    TRY(path_join(path, command->config.data, FOLDER_LOCK));
    const struct result locked = file_lock(path, 0, &command->lock, &command->reason);
    command->running = result_code(locked) == ERR_LOCKED;
    return command->running ? RESULT_OK : locked;
}

static void say_size(const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0)
        say_text(_("%s has %" PRIu64 " bytes\n"), path, (uint64_t)about.st_size);
}

static void say_done(const struct archiving_command *command)
{
    const struct control_archiving *const done = &command->done;
    if (done->bundles == 0)
        say_text(_("Nothing more is old enough to be archived; %" PRIu64 " bundles are.\n"), done->archived);
    else
        say_text(_("%s: %" PRIu64 " bundles of %d entries, %" PRIu64 " bytes, written, read again and found whole; "
                   "%" PRIu64 " are there now\n"),
                 done->folder, done->bundles, TILE_WIDTH, done->bytes, done->archived);
    say_size(command->database);
    if (done->bundles > 0)
        say_hint(_("Exports, pages and checks read these files, and no backup holds them: copy %s apart. They never "
                   "change."),
                 done->folder);
    if (done->bundles > 0 && !command->shrink)
        say_hint(_("The database uses the room again that they had; `avald ledger archive --shrink`, while the host "
                   "is stopped, gives it back to the file system."));
}

/* So that a timer notices. */
static int say_bad(const struct control_archive_check *check)
{
    char detail[80];
    if (check->bad == 0)
        return EXIT_FINE;
    snprintf(detail, sizeof detail,
             check->bad == 1 ? _("%" PRIu64 " file is missing or damaged")
                             : _("%" PRIu64 " files are missing or damaged"),
             check->bad);
    return say_failure(AVALD, check->first, archive_check_verdict(check), detail);
}

static int archive(struct archiving_command *command)
{
    struct result state = lock_folder(command);
    if (is_ok(state) && command->running && command->shrink)
        return say_failure(AVALD, command->config.data, FAIL(LOCKED),
                           _("--shrink is for a host that is stopped; an avald serves it"));
    if (!is_ok(state))
        return say_failure(AVALD, command->config.data, state, command->reason.text);
    state = command->running ? archive_of_running(command) : archive_of_stopped(command);
    progress_end(&command->progress);
    if (!is_ok(state))
        return say_failure(AVALD, command->config.data, state, command->reason.text);
    say_done(command);
    return say_bad(&command->check);
}

int command_archive(const struct arguments *arguments, void *context)
{
    (void)context;
    struct archiving_command command = {.lock = -1, .shrink = argument_given(arguments, "shrink")};
    const int status = command_config_or_say(arguments, &command.config);
    if (status != EXIT_FINE)
        return status;
    const char *const keep = argument_value(arguments, "keep", NULL);
    seconds kept = ARCHIVE_KEEP;
    if (keep != NULL && (!is_ok(duration_read_loose(slice_of(keep), &kept)) || kept < 0))
        return say_usage(AVALD, _("--keep is a time such as 60d, not '%s'"), keep);
    command.wanted.keep = (uint64_t)kept;
    const struct result chosen = choose_folder(&command, arguments->count > 0 ? arguments->values[0] : NULL);
    if (!is_ok(chosen))
        return say_failure(AVALD, arguments->values[0], chosen, command.reason.text);
    const int done = archive(&command);
    file_unlock(command.lock);
    return done;
}
