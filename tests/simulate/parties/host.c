/* The host and its operator; see host.h. */
#include "host.h"

#include "authority/folder.h"
#include "core/rules/clock.h"
#include "disk_files.h"
#include "files.h"
#include "ledger/epochs.h"
#include "must.h"
#include "store/operators.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOST_NAME "kms.uni.example"

enum { NARROW_JOURNAL = 4, NARROW_LOG = 6 };

static seconds host_clock;
static const struct host *the_host;

void host_set_time(seconds now)
{
    host_clock = now;
}

static seconds now_at_host(void)
{
    return clock_bounded(host_clock + the_host->clock_error);
}

/* ---- set-up ---- */

static void enroll(const struct host *host, struct vendor *vendor)
{
    const struct verifier_key *const key = signing_key_verifier(vendor->key);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct host_request request;
    uint8_t seed[SEED_SIZE];
    entropy_fill(seed, sizeof seed);
    must(folder_enroll(host->folder, key, slice_of("University"), now_at_host(), seed, &note, NULL));
    must(host_request_open(buffer_slice(&note), &request));
    vendor->host_key = request.host_key;
}

void host_begin(struct host *host, const char *root, struct vendor *vendors, size_t vendor_count)
{
    memset(host, 0, sizeof *host);
    the_host = host;
    must(path_join(host->folder, root, "host"));
    must(path_join(host->backup, root, "backup"));
    must(path_join(host->archive, root, "archive"));
    must(path_join(host->database, host->folder, FOLDER_DATABASE));
    config_defaults(&host->config);
    must(path_join(host->config.data, root, "host"));
    host->log = (struct log){LOG_ERROR, LOG_FORMAT_TEXT, now_at_host, -1};
    must(folder_init(host->folder, slice_of(HOST_NAME), NULL));
    for (size_t i = 0; i < vendor_count; i++)
        enroll(host, &vendors[i]);
}

void host_end(struct host *host)
{
    host_stop(host);
    the_host = NULL;
}

static struct authority *load_authority(const struct host *host)
{
    struct authority *authority = NULL;
    must(authority_load(host->folder, &host->log, &authority, NULL));
    authority->site_required = host->site_key[0] != 0;
    return authority;
}

void host_require_site_key(struct host *host)
{
    struct site_key key;
    struct site_key_change change;
    CLEANUP_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX - 1);
    entropy_fill(key.bytes, sizeof key.bytes);
    must(site_keys_put(host->folder, &key, &change, NULL));
    must(site_key_write(&key, &text));
    must(slice_copy_text(buffer_slice(&text), host->site_key, sizeof host->site_key));
}

void host_import(struct host *host, struct slice note)
{
    struct import_report report;
    must(folder_import(host->folder, note, &report, NULL));
    if (!host->up)
        return;
    engine_set_authority(host->engine, load_authority(host));
    threads_run();
}

/* ---- up and down ---- */

RESULT host_open_store(struct host *host, struct store **ret_store)
{
    const bool narrow = host->opens++ % 2 == 0;
    const struct store_sqlite_options options = {.path = host->database,
                                                 .vfs = disk_vfs(),
                                                 .create = true,
                                                 .journal_limit = narrow ? NARROW_JOURNAL : 0,
                                                 .checkpoint_pages = narrow ? NARROW_LOG : 0,
                                                 .one_thread = true};
    return store_open_sqlite(&options, ret_store, NULL);
}

static RESULT start(struct host *host)
{
    TRY(host_open_store(host, &host->store));
    struct authority *const authority = load_authority(host);
    const struct engine_options options = {.store = host->store,
                                           .signer = signer_simulated(host->folder, &host->trees),
                                           .authority = authority,
                                           .log = &host->log,
                                           .now = now_at_host,
                                           .milliseconds = clock_monotonic_ms,
                                           .queue = host->config.queue,
                                           .batch = 16};
    const struct result started = engine_start(&options, &host->engine, NULL);
    authority_release(authority);
    TRY(started);
    TRY(listener_start(&host->config, host->engine, &host->log, &host->listener, NULL));
    threads_run();
    return RESULT_OK;
}

static void close_all(struct host *host)
{
    engine_stop(host->engine);
    listener_stop(host->listener);
    store_close(host->store);
    host->engine = NULL;
    host->listener = NULL;
    host->store = NULL;
    host->up = false;
}

bool host_start(struct host *host)
{
    const struct result started = start(host);
    host->trouble = result_code(started);
    host->up = is_ok(started);
    if (!host->up)
        close_all(host);
    return host->up;
}

void host_stop(struct host *host)
{
    if (host->up)
        close_all(host);
}

void host_crash(struct host *host, unsigned loss, uint64_t seed)
{
    host_stop(host);
    if (loss == 0)
        disk_killed();
    else
        disk_power_off(loss == 1 ? DISK_LOSES_ALL : DISK_LOSES_SOME, seed);
}

void host_tend(struct host *host)
{
    if (host->up)
        threads_pass_time();
}

/* ---- seats ---- */

RESULT host_reclaim(struct host *host, const struct machine_id *machine, const char *license,
                    enum reclaim_kind *ret_kind)
{
    struct reclaim reclaim = {.machine = *machine};
    memcpy(reclaim.license, license, strlen(license) + 1);
    TRY(engine_reclaim(host->engine, &reclaim, NULL));
    *ret_kind = reclaim.kind;
    return RESULT_OK;
}

static RESULT unblock(void *context, struct store *store, struct reason *reason)
{
    return store_unblock(store, context, reason);
}

RESULT host_unblock(struct host *host, const struct machine_id *machine)
{
    struct machine_id id = *machine;
    return engine_run(host->engine, unblock, &id, NULL);
}

enum { BLOCKED_MAX = 64 };

struct blocked {
    size_t count;
    struct machine_id machines[BLOCKED_MAX];
};

static bool note_blocked(void *context, const struct machine_entry *entry)
{
    struct blocked *const blocked = context;
    blocked->machines[blocked->count++] = entry->machine;
    return blocked->count < BLOCKED_MAX;
}

static RESULT unblock_all(void *context, struct store *store, struct reason *reason)
{
    (void)context;
    struct blocked blocked = {.count = 0};
    const struct machine_filter filter = {.blocked_only = true, .limit = BLOCKED_MAX};
    TRY(store_machines(store, &filter, note_blocked, &blocked, reason));
    for (size_t i = 0; i < blocked.count; i++) { /* once under each license */
        const struct result unblocked = store_unblock(store, &blocked.machines[i], reason);
        if (result_code(unblocked) != ERR_NOT_FOUND)
            TRY(unblocked);
    }
    return RESULT_OK;
}

void host_unblock_all(struct host *host)
{
    if (host->up)
        result_ignore(engine_run(host->engine, unblock_all, NULL, NULL));
}

/* ---- copies ---- */

static void copy_from_disk(const struct host *host, const char *name)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    must(path_join(from, host->folder, name));
    must(path_join(to, host->backup, name));
    const struct disk_file *const file = disk_file_find(from);
    if (file != NULL)
        files_put(to, disk_file_content(file));
}

void host_back_up(struct host *host)
{
    files_copy(host->folder, host->backup);
    copy_from_disk(host, FOLDER_DATABASE);
    copy_from_disk(host, FOLDER_DATABASE "-wal");
    host->has_backup = true;
}

static void copy_to_disk(const struct host *host, const char *name)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    must(path_join(from, host->backup, name));
    must(path_join(to, host->folder, name));
    const struct slice content = files_content(from);
    struct disk_name *const old = disk_name(to, false);
    if (old != NULL)
        old->shown = old->kept = NULL;
    if (content.data != NULL)
        disk_file_make(to, content);
}

void host_restore(struct host *host, bool signer_too)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    must(path_join(from, host->backup, FOLDER_SIGNER));
    must(path_join(to, host->folder, FOLDER_SIGNER));
    copy_to_disk(host, FOLDER_DATABASE);
    copy_to_disk(host, FOLDER_DATABASE "-wal");
    copy_to_disk(host, FOLDER_DATABASE "-shm");
    if (signer_too)
        files_copy(from, to);
}

/* ---- the operator's commands ---- */

static bool is_needed(const struct epoch_loss *loss, enum recovery recovery, enum epoch_why *ret_why)
{
    *ret_why = EPOCH_RESTORED;
    switch (recovery) {
    case RECOVERY_LOST:
        *ret_why = EPOCH_LOST;
        return loss->lost;
    case RECOVERY_RESTORED:
        return loss->shown_count > 0;
    case RECOVERY_CLOCK:
        *ret_why = EPOCH_CLOCK;
        return !loss->lost && clock_is_behind(now_at_host(), loss->newest);
    case RECOVERY_COPIED:
        break;
    }
    return true;
}

/* Begins an epoch where it is needed: what src/programs/avald/command_recover.c decides. A disk that fails meanwhile
 * leaves it for the next time. */
static RESULT recover_vendor(struct host *host, struct store *store, const struct authority_vendor *vendor,
                             enum recovery recovery, size_t *count)
{
    struct epoch_loss loss;
    enum epoch_why why;
    struct epoch epoch;
    TRY(epoch_look(host->folder, store, vendor, &loss, NULL));
    if (!is_needed(&loss, recovery, &why))
        return RESULT_OK;
    TRY(epoch_begin(host->folder, store, vendor, &loss, why, now_at_host(), &epoch, NULL));
    (*count)++;
    return RESULT_OK;
}

size_t host_recover(struct host *host, const struct vendor *vendors, size_t vendor_count, enum recovery recovery)
{
    struct store *store = NULL;
    size_t count = 0;
    const struct result opened = host_open_store(host, &store);
    host->trouble = result_code(opened);
    if (!is_ok(opened))
        return 0;
    struct authority *const authority = load_authority(host);
    struct result state = RESULT_OK;
    for (size_t i = 0; i < vendor_count && is_ok(state); i++)
        state = recover_vendor(host, store, authority_find_vendor(authority, vendors[i].name), recovery, &count);
    host->trouble = result_code(state);
    authority_release(authority);
    store_close(store);
    return count;
}

enum error_code host_trouble_of(struct host *host, const struct vendor *vendor)
{
    struct authority *const authority = engine_authority(host->engine);
    struct ledger_standing standing;
    engine_standing(host->engine, authority_find_vendor(authority, vendor->name)->origin, &standing);
    authority_release(authority);
    return standing.trouble;
}
