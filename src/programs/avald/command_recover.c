/*
 * `avald recover`: begins the next epoch of each ledger whose database is behind what was signed, and says so. The host
 * must be stopped; the folder's lock is held meanwhile.
 */
#include "authority/folder.h"
#include "base/sentences.h"
#include "commands.h"
#include "ledger/epochs.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct recovery {
    const char *folder;
    const char *vendor; /* NULL: all */
    bool yes;
    int lock;
    struct authority *authority;
    struct store *store;
    size_t lost; /* ledgers */
    struct reason reason;
};

static int failed(const struct recovery *recovery, const char *what, struct result why)
{
    return say_failure(AVALD, what, why, recovery->reason.text);
}

static int open_folder(struct recovery *recovery)
{
    char path[PATH_SIZE];
    const struct log log = {LOG_WARNING, LOG_FORMAT_TEXT, clock_now, STDERR_FILENO};
    struct result state = path_join(path, recovery->folder, FOLDER_LOCK);
    char name[HOST_NAME_SIZE];
    if (is_ok(state))
        state = folder_host_name(recovery->folder, name, &recovery->reason);
    if (is_ok(state))
        state = file_lock(path, 0, &recovery->lock, &recovery->reason);
    if (result_code(state) == ERR_LOCKED)
        return say_failure(AVALD, recovery->folder, state, _("an avald serves it; stop that first"));
    if (is_ok(state))
        state = authority_load(recovery->folder, &log, &recovery->authority, &recovery->reason);
    if (!is_ok(state))
        return failed(recovery, recovery->folder, state);
    if (recovery->vendor != NULL && authority_find_vendor(recovery->authority, recovery->vendor) == NULL)
        return say_failure(AVALD, recovery->vendor, FAIL(NOT_FOUND), _("no such vendor is enrolled here"));
    state = path_join(path, recovery->folder, FOLDER_DATABASE);
    const struct store_sqlite_options options = {.path = path, .create = true};
    if (is_ok(state))
        state = store_open_sqlite(&options, &recovery->store, &recovery->reason);
    return is_ok(state) ? EXIT_FINE : failed(recovery, path, state);
}

static void say_begun(const struct authority_vendor *vendor, const struct epoch *epoch)
{
    printf(_("%s: began the ledger %s\n"), vendor->vendor, epoch->origin);
    say_hint(
        _("Its first leaf says what was lost. Tell %s, who will read of it in the next audit; the ledger before can be "
          "exported from the newest copy of the database only."),
        vendor->vendor);
}

static int recover_vendor(struct recovery *recovery, const struct authority_vendor *vendor)
{
    struct epoch_loss loss;
    struct result state = epoch_look(recovery->folder, recovery->store, vendor, &loss, &recovery->reason);
    if (!is_ok(state))
        return failed(recovery, vendor->vendor, state);
    if (!loss.lost)
        return EXIT_FINE;
    recovery->lost++;
    struct reason lost = {.text = ""};
    epoch_loss_say(vendor->origin, loss.found, loss.signed_last.size, &lost);
    printf("%s: %s\n", vendor->vendor, lost.text);
    if (!recovery->yes)
        return EXIT_FINE;
    struct epoch epoch;
    state = epoch_begin(recovery->folder, recovery->store, vendor, &loss, clock_now(), &epoch, &recovery->reason);
    if (!is_ok(state))
        return failed(recovery, vendor->vendor, state);
    say_begun(vendor, &epoch);
    return EXIT_FINE;
}

static int recover_all(struct recovery *recovery)
{
    const struct authority *const authority = recovery->authority;
    assert(authority != NULL); /* open_folder has loaded it */
    for (size_t i = 0; i < authority->vendor_count; i++) {
        const struct authority_vendor *const vendor = &authority->vendors[i];
        if (recovery->vendor != NULL && strcmp(recovery->vendor, vendor->vendor) != 0)
            continue;
        const int status = recover_vendor(recovery, vendor);
        if (status != EXIT_FINE)
            return status;
    }
    if (recovery->lost == 0)
        return say_failure(AVALD, recovery->vendor != NULL ? recovery->vendor : recovery->folder, FAIL(NOTHING_LOST),
                           NULL);
    if (!recovery->yes)
        return say_usage(AVALD,
                         _("if there is a newer copy of the database, restore that. If not, `avald recover --yes` "
                           "begins these ledgers again; that cannot be taken back, and their vendors will see it"));
    return EXIT_FINE;
}

int command_recover(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    struct recovery recovery = {.folder = config.data,
                                .vendor = argument_value(arguments, "vendor", NULL),
                                .yes = argument_given(arguments, "yes"),
                                .lock = -1};
    status = open_folder(&recovery);
    if (status == EXIT_FINE)
        status = recover_all(&recovery);
    store_close(recovery.store);
    authority_release(recovery.authority);
    file_unlock(recovery.lock);
    return status;
}
