/*
 * Opening and closing of the SQLite store; see sqlite.h.
 *
 * Always: a file that is not ours, or of a later schema, is not written to, not even by the clean-up of its log. Its
 * first bytes are looked at before SQLite reads it, because reading alone may roll a journal back. A new database is
 * made in one transaction, of which application id and version are part, before it goes over to WAL; so the first bytes
 * of a file never lack them, but where the power went during that transaction: then its journal says so.
 */
#include "sqlite.h"

#include "base/sentences.h"

#include "sqlite/archive.h"
#include "sqlite/journal/encoding.h"
#include "sqlite/journal/journal.h"
#include "sqlite/journal/settle.h"
#include "sqlite/tables/about.h"
#include "sqlite/tables/ledger.h"
#include "sqlite/tables/lists.h"
#include "sqlite/tables/machines.h"
#include "sqlite/tables/moments.h"
#include "sqlite/tables/operator.h"
#include "sqlite/tables/tiles.h"
#include "sqlite/tend.h"
#include "sqlite/transactions.h"
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_BYTES_KEPT "134217728"
#define WRITER_CACHE   "-131072" /* KiB */
#define READER_CACHE   "-8192"
#define RECORDS_MAX    ((size_t)900000000) /* of a transaction; SQLite takes a row of a little more */
#define RUN_BYTES_MAX  ((size_t)LEAVES_OF_RUN * (LEAF_MAX + NUMBER_BYTES_MAX))

/* Nothing is released: what an older program made is not read. */
static const struct schema SCHEMA = {
    .application_id = 0x4176616c, /* "Aval" */
    .version = STORE_SCHEMA_VERSION,
    .oldest = STORE_SCHEMA_VERSION,
};

static const struct status_meaning STATUS_MEANINGS[] = {
    {SQLITE_CORRUPT, ERR_STORE_CORRUPT},
    {SQLITE_NOTADB, ERR_STORE_CORRUPT},
    {SQLITE_CONSTRAINT, ERR_STORE_CORRUPT}, /* a row that must be new is there, or the other way round */
    {SQLITE_MISMATCH, ERR_STORE_CORRUPT},
    {SQLITE_ERROR, ERR_STORE_CORRUPT}, /* every statement fits the schema, so the file's is another */
    {0},
};

/* What the first bytes of a file say. */
enum { HEADER_SIZE = 100, HEADER_USER_VERSION = 60, HEADER_APPLICATION_ID = 68 };
/* And those of a rollback journal. */
enum { JOURNAL_HEADER_SIZE = 28, JOURNAL_PAGES_BEFORE = 16 };

static void close_handle(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    checkpointer_free(store->checkpointer);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    database_close(&store->database);
    sqlite_forget(store);
    settle_free(store);
    generation_free(&store->pending);
    figures_free(&store->figures);
    buffer_free(&store->records);
    buffer_free(&store->scratch);
    if (!common->reader)
        overlay_free(store->overlay);
    free(store->times);
    free(store->path);
    free(store->vfs);
    free(store);
}

/* ---- opening ---- */

/* The words of the failure, not this error, say what SQLite found. */
static RESULT open_connection(struct sqlite_store *store, int flags)
{
    const struct database_options options = {
        .path = store->path,
        .vfs = store->vfs,
        .flags = flags,
        .busy_milliseconds = BUSY_TIMEOUT_MILLISECONDS,
        .guarded = true,
        .meanings = STATUS_MEANINGS,
    };
    const struct result opened = database_open(&options, &store->database, store->common.reason);
    return is_ok(opened) || result_code(opened) == ERR_NO_MEMORY ? opened : FAIL(FILE_READ);
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Looks at the first bytes of the file without letting SQLite read it. */
static RESULT check_header(struct sqlite_store *store, bool *ret_empty)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    uint8_t header[HEADER_SIZE];
    int status = sqlite3_file_control(store->database.handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    ENSURE(status == SQLITE_OK && file != NULL && file->pMethods != NULL, FILE_READ);
    ENSURE(file->pMethods->xFileSize(file, &size) == SQLITE_OK, FILE_READ);
    if (size == 0) {
        /* SQLite calls a file of one byte empty too. */
        ENSURE(file->pMethods->xRead(file, header, 1, 0) == SQLITE_IOERR_SHORT_READ, STORE_FOREIGN);
        *ret_empty = true;
        return RESULT_OK;
    }
    ENSURE(size >= HEADER_SIZE, STORE_FOREIGN);
    status = file->pMethods->xRead(file, header, HEADER_SIZE, 0);
    ENSURE(status == SQLITE_OK, FILE_READ);
    ENSURE(memcmp(header, "SQLite format 3", 16) == 0, STORE_FOREIGN);
    *ret_empty = false;
    return schema_check(&SCHEMA, big_endian(header + HEADER_APPLICATION_ID), big_endian(header + HEADER_USER_VERSION));
}

/* Whether the journal says that the file was empty before the one transaction that was never finished. Then it holds
 * nothing of anybody's, whatever part of that transaction has reached the disk. */
static bool was_empty(struct sqlite_store *store)
{
    static const uint8_t magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    sqlite3_vfs *const vfs = sqlite3_vfs_find(store->vfs);
    sqlite3_file *const journal = calloc(1, (size_t)vfs->szOsFile);
    if (journal == NULL)
        return false;
    uint8_t header[JOURNAL_HEADER_SIZE] = {0};
    const char *const name = sqlite3_filename_journal(sqlite3_db_filename(store->database.handle, "main"));
    const int status = vfs->xOpen(vfs, name, journal, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL, NULL);
    const bool read = status == SQLITE_OK && journal->pMethods->xRead(journal, header, sizeof header, 0) == SQLITE_OK;
    if (journal->pMethods != NULL)
        journal->pMethods->xClose(journal);
    free(journal);
    return read && memcmp(header, magic, sizeof magic) == 0 && big_endian(header + JOURNAL_PAGES_BEFORE) == 0;
}

/* Asks the same of SQLite, which also knows what is in the log or was never finished. */
static RESULT check_contents(struct sqlite_store *store, bool *ret_empty)
{
    int64_t tables = 0;
    int64_t application_id = 0;
    int64_t version = 0;
    struct reason *const reason = store->common.reason;
    TRY(database_number(&store->database, "SELECT count(*) FROM sqlite_schema", &tables, reason));
    TRY(database_number(&store->database, "PRAGMA application_id", &application_id, reason));
    TRY(database_number(&store->database, "PRAGMA user_version", &version, reason));
    *ret_empty = tables == 0 && application_id == 0 && version == 0;
    return *ret_empty ? RESULT_OK : schema_check(&SCHEMA, (uint32_t)application_id, (uint32_t)version);
}

static RESULT make_schema(struct sqlite_store *store)
{
    /* Twice SQLite's own: measured best for finding machines among millions, whose ids are their keys. */
    TRY(database_run(&store->database, "PRAGMA page_size = 8192", store->common.reason));
    return database_make_schema(&store->database, &SCHEMA, schema_sql, store->common.reason);
}

/* Refuses what is not ours, and makes what is not there yet. */
static RESULT check_or_make(struct sqlite_store *store, bool create)
{
    bool empty;
    /* Until the file is known to be ours, closing it must not move a log into it. */
    sqlite3_db_config(store->database.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    struct result header = check_header(store, &empty);
    if (result_code(header) == ERR_STORE_FOREIGN && create && was_empty(store)) {
        header = RESULT_OK;
        empty = false; /* not before SQLite has rolled the journal back */
    }
    TRY(header);
    if (!empty)
        TRY(check_contents(store, &empty));
    ENSURE(!empty || create, STORE_FOREIGN);
    if (empty)
        TRY(make_schema(store));
    sqlite3_db_config(store->database.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return RESULT_OK;
}

/* An empty file that only its owner can read; one that is there stays as it is. */
static RESULT make_file(const char *path)
{
    const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ENSURE(file >= 0 || errno == EEXIST, STORE_FAILED);
    if (file >= 0)
        close(file);
    return RESULT_OK;
}

static RESULT handle_make(const struct store_ops *ops, const char *path, const char *vfs, struct overlay *overlay,
                          struct sqlite_store **ret_store, struct reason *reason)
{
    const bool reader = overlay != NULL;
    struct sqlite_store *const store = calloc(1, sizeof *store);
    ENSURE(store != NULL, NO_MEMORY);
    store->common = (struct store){.ops = ops, .reader = reader, .reason = reason};
    store->records = buffer_make(RECORDS_MAX);
    store->scratch = buffer_make(RUN_BYTES_MAX);
    store->overlay = overlay;
    store->path = strdup(path);
    store->vfs = vfs == NULL ? NULL : strdup(vfs);
    store->times = reader ? NULL : calloc(TIMES_SLOTS, sizeof *store->times);
    const struct result made = reader ? RESULT_OK : overlay_new(&store->overlay);
    if (!is_ok(made) || store->path == NULL || (vfs != NULL && store->vfs == NULL) ||
        (!reader && store->times == NULL)) {
        close_handle(&store->common);
        return FAIL(NO_MEMORY);
    }
    *ret_store = store;
    return RESULT_OK;
}

/* Hands the store to the caller, or closes it where its opening failed. */
static RESULT hand_over(struct sqlite_store *store, struct result opened, struct store **ret_store)
{
    store->common.reason = NULL;
    if (is_ok(opened))
        *ret_store = &store->common;
    else
        close_handle(&store->common);
    return opened;
}

static RESULT connect_reader(struct sqlite_store *store)
{
    TRY(open_connection(store, SQLITE_OPEN_READONLY));
    return database_run(&store->database, "PRAGMA query_only = ON; PRAGMA cache_size = " READER_CACHE,
                        store->common.reason);
}

static RESULT open_reader(struct store *common, struct store **ret_reader, struct reason *reason)
{
    const struct sqlite_store *const writer = sqlite_of(common);
    struct sqlite_store *store;
    TRY(handle_make(common->ops, writer->path, writer->vfs, writer->overlay, &store, reason));
    return hand_over(store, connect_reader(store), ret_reader);
}

static RESULT connect_writer(struct sqlite_store *store, const struct store_sqlite_options *options)
{
    if (options->create)
        TRY(make_file(store->path));
    TRY(open_connection(store, SQLITE_OPEN_READWRITE));
    TRY(check_or_make(store, options->create));
    TRY(database_run(&store->database,
                     "PRAGMA journal_mode = WAL;"
                     "PRAGMA synchronous = FULL;"
                     "PRAGMA secure_delete = OFF;"
                     "PRAGMA wal_autocheckpoint = 0;"
                     "PRAGMA journal_size_limit = " LOG_BYTES_KEPT ";"
                     "PRAGMA cache_size = " WRITER_CACHE,
                     store->common.reason));
    store->journal_limit = options->journal_limit == 0 ? JOURNAL_LIMIT : options->journal_limit;
    const struct checkpointer_options moving = {
        .path = store->path,
        .vfs = store->vfs,
        .writer = &store->database,
        .pages = options->checkpoint_pages,
        .alone = options->one_thread,
    };
    return checkpointer_new(&moving, &store->checkpointer);
}

/* ---- a copy ---- */

/* One look at the database from beginning to end: without it whoever commits meanwhile would have SQLite begin anew. */
static RESULT copy_at_once(struct sqlite_store *store, const struct database *to, const struct store_watch *watch)
{
    struct reason *const reason = store->common.reason;
    int64_t tables;
    const struct copy_watch pages = {watch == NULL ? NULL : watch->go_on, watch == NULL ? NULL : watch->context};
    TRY(database_run(&store->database, "BEGIN", reason));
    struct result copied = database_number(&store->database, "SELECT count(*) FROM sqlite_schema", &tables, reason);
    if (is_ok(copied))
        copied = database_copy_watched(&store->database, to, watch == NULL ? NULL : &pages, reason);
    const struct result ended = database_run(&store->database, "ROLLBACK", is_ok(copied) ? reason : NULL);
    return is_ok(copied) ? ended : copied;
}

/* A file by itself, without a log, in which SQLite finds no fault. */
static RESULT check_copy(const struct database *copy, struct reason *reason)
{
    int64_t faults = 0;
    TRY(database_run(copy, "PRAGMA journal_mode = DELETE", reason));
    TRY(database_number(copy, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", &faults,
                        reason));
    TRY(database_check_schema(copy, &SCHEMA, reason));
    return faults == 0 ? RESULT_OK
                       : reason_say(reason, FAIL(STORE_CORRUPT), "%s", _("SQLite finds faults in the copy"));
}

static RESULT copy_into(struct sqlite_store *store, const char *path, const struct store_watch *watch)
{
    const struct database_options options = {
        .path = path,
        .flags = SQLITE_OPEN_READWRITE,
        .busy_milliseconds = BUSY_TIMEOUT_MILLISECONDS,
        .meanings = STATUS_MEANINGS,
    };
    CLEANUP_DATABASE struct database copy = {.handle = NULL};
    TRY(database_open(&options, &copy, store->common.reason));
    TRY(database_run(&copy, "PRAGMA synchronous = FULL", store->common.reason));
    TRY(copy_at_once(store, &copy, watch));
    return check_copy(&copy, store->common.reason);
}

static RESULT copy(struct store *common, const char *path, const struct store_watch *watch)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return reason_say(common->reason, FAIL(STORE_FAILED), "%s: %s", path, strerror(errno));
    TRY(make_file(path));
    const struct result copied = copy_into(sqlite_of(common), path, watch);
    if (!is_ok(copied))
        unlink(path);
    return copied;
}

static const struct store_ops sqlite_ops = {
    .close = close_handle,
    .open_reader = open_reader,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .tend = sqlite_tend,
    .sync = sqlite_sync,
    .copy = copy,
    .ledger = sqlite_ledger,
    .license = sqlite_license,
    .ledger_next = sqlite_ledger_next,
    .license_next = sqlite_license_next,
    .license_id = sqlite_license_id,
    .machine_get = sqlite_machine_get,
    .fetch = sqlite_fetch,
    .machine_put = sqlite_machine_put,
    .machines_expire = sqlite_machines_expire,
    .machines_expired = sqlite_machines_expired,
    .figures = sqlite_figures,
    .next_end = sqlite_next_end,
    .return_add = sqlite_return_add,
    .returns = sqlite_returns,
    .block = sqlite_block,
    .unblock = sqlite_unblock,
    .blocked = sqlite_blocked,
    .label = sqlite_label,
    .machines = sqlite_machines,
    .about_get = sqlite_about_get,
    .about_put = sqlite_about_put,
    .about_expire = sqlite_about_expire,
    .about_clear = sqlite_about_clear,
    .denial_add = sqlite_denial_add,
    .denials = sqlite_denials,
    .ledger_size = sqlite_ledger_size,
    .leaves_append = sqlite_leaves_append,
    .leaves = sqlite_leaves,
    .archived = sqlite_archived,
    .archive = sqlite_archive,
    .shrink = sqlite_shrink,
    .hashes_append = sqlite_hashes_append,
    .hashes_get = sqlite_hashes_get,
    .checkpoint_get = sqlite_checkpoint_get,
    .checkpoint_put = sqlite_checkpoint_put,
    .shown = sqlite_shown,
    .shown_put = sqlite_shown_put,
    .shown_drop = sqlite_shown_drop,
};

RESULT store_open_sqlite(const struct store_sqlite_options *options, struct store **ret_store, struct reason *reason)
{
    struct sqlite_store *store;
    TRY(handle_make(&sqlite_ops, options->path, options->vfs, NULL, &store, reason));
    return hand_over(store, connect_writer(store, options), ret_store);
}
