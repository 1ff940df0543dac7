/*
 * Opening, closing and transactions of the SQLite store; see sqlite.h.
 *
 * Always: a file that is not ours, or of a later schema, is not written to, not even by the clean-up of its log. Its
 * first bytes are looked at before SQLite reads it, because reading alone may roll a journal back. A new database is
 * made in one transaction, of which application id and version are part, before it goes over to WAL; so the first bytes
 * of a file never lack them, but where the power went during that transaction: then its journal says so.
 */
#include "sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Pages in the log before they are moved into the database: enough that a page changed by many commits is moved once.
 */
#define CHECKPOINT_PAGES "16384"
#define LOG_BYTES_KEPT   "134217728"
#define WRITER_CACHE     "-65536" /* KiB */
#define READER_CACHE     "-8192"

/* What the first bytes of a file say. */
enum { HEADER_SIZE = 100, HEADER_USER_VERSION = 60, HEADER_APPLICATION_ID = 68 };
/* And those of a rollback journal. */
enum { JOURNAL_HEADER_SIZE = 28, JOURNAL_PAGES_BEFORE = 16 };

static void forget(struct sqlite_store *store)
{
    machines_forget(store);
    moments_forget(store);
    ledgers_forget(store);
    store->last_denial = 0;
}

static void close_handle(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->database);
    forget(store);
    figures_free(&store->figures);
    free(store->changes);
    free(store->times);
    free(store->path);
    free(store->vfs);
    free(store);
}

/* ---- transactions ---- */

static RESULT run(struct sqlite_store *store, enum statement which)
{
    CLEANUP_QUERY struct query query = query_make(store, which);
    return query_run(&query, NULL);
}

static void rollback(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    char kept[STORE_MESSAGE_SIZE]; /* what went wrong says more than the rollback */
    memcpy(kept, common->message, sizeof kept);
    if (sqlite3_get_autocommit(store->database) == 0)
        result_ignore(run(store, STATEMENT_ROLLBACK));
    memcpy(common->message, kept, sizeof kept);
    forget(store);
}

/* Forgets what is remembered where another connection has written since. */
static RESULT check_version(struct sqlite_store *store)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_DATA_VERSION);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    const int64_t version = column_number(&query, 0);
    if (version != store->data_version)
        forget(store);
    store->data_version = version;
    return RESULT_OK;
}

static RESULT begin(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    /* SQLite would begin, and fail at the first change. */
    if (sqlite3_db_readonly(store->database, "main") != 0) {
        snprintf(common->message, sizeof common->message, "%s can only be read", store->path);
        return FAIL(STORE_FAILED);
    }
    TRY(run(store, STATEMENT_BEGIN));
    const struct result checked = check_version(store);
    if (!is_ok(checked))
        rollback(common);
    return checked;
}

static RESULT commit(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    TRY(moments_save(store));
    return run(store, STATEMENT_COMMIT);
}

/* Any commit syncs the whole log; this one writes a page whose content stays the same. */
static RESULT sync_log(struct store *common)
{
    _Static_assert(STORE_SCHEMA_VERSION == 1, "the statement names the version");
    return run(sqlite_of(common), STATEMENT_SYNC);
}

/* ---- opening ---- */

static RESULT open_connection(struct sqlite_store *store, int flags)
{
    const int status =
        sqlite3_open_v2(store->path, &store->database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, store->vfs);
    if (status == SQLITE_NOMEM || store->database == NULL)
        return FAIL(NO_MEMORY);
    ENSURE(status == SQLITE_OK, FILE_READ);
    sqlite3_busy_timeout(store->database, BUSY_TIMEOUT_MILLISECONDS);
    sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return RESULT_OK;
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static RESULT check_versions(uint32_t application_id, uint32_t version)
{
    ENSURE(application_id == SQLITE_APPLICATION_ID && version >= 1, STORE_FOREIGN);
    ENSURE(version <= STORE_SCHEMA_VERSION, STORE_NEWER);
    return RESULT_OK;
}

/* Looks at the first bytes of the file without letting SQLite read it. */
static RESULT check_header(struct sqlite_store *store, bool *ret_empty)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    uint8_t header[HEADER_SIZE];
    int status = sqlite3_file_control(store->database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
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
    return check_versions(big_endian(header + HEADER_APPLICATION_ID), big_endian(header + HEADER_USER_VERSION));
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
    const char *const name = sqlite3_filename_journal(sqlite3_db_filename(store->database, "main"));
    const int status = vfs->xOpen(vfs, name, journal, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL, NULL);
    const bool read = status == SQLITE_OK && journal->pMethods->xRead(journal, header, sizeof header, 0) == SQLITE_OK;
    if (journal->pMethods != NULL)
        journal->pMethods->xClose(journal);
    free(journal);
    return read && memcmp(header, magic, sizeof magic) == 0 && big_endian(header + JOURNAL_PAGES_BEFORE) == 0;
}

static RESULT pragma_number(struct sqlite_store *store, const char *pragma, uint32_t *ret_value)
{
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(store->database, pragma, -1, &statement, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_step(statement);
    const uint32_t value = status == SQLITE_ROW ? (uint32_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    if (status != SQLITE_ROW)
        return sqlite_failure(store, status);
    *ret_value = value;
    return RESULT_OK;
}

/* Asks the same of SQLite, which also knows what is in the log or was never finished. */
static RESULT check_contents(struct sqlite_store *store, bool *ret_empty)
{
    uint32_t tables = 0;
    uint32_t application_id = 0;
    uint32_t version = 0;
    TRY(pragma_number(store, "SELECT count(*) FROM sqlite_schema", &tables));
    TRY(pragma_number(store, "PRAGMA application_id", &application_id));
    TRY(pragma_number(store, "PRAGMA user_version", &version));
    *ret_empty = tables == 0 && application_id == 0 && version == 0;
    return *ret_empty ? RESULT_OK : check_versions(application_id, version);
}

static RESULT make_schema(struct sqlite_store *store)
{
    char *const sql = sqlite3_mprintf(schema_sql, SQLITE_APPLICATION_ID, STORE_SCHEMA_VERSION);
    ENSURE(sql != NULL, NO_MEMORY);
    const struct result result = sqlite_run(store, sql);
    sqlite3_free(sql);
    return result;
}

/* Refuses what is not ours, and makes what is not there yet. */
static RESULT check_or_make(struct sqlite_store *store, bool create)
{
    bool empty;
    /* Until the file is known to be ours, closing it must not move a log into it. */
    sqlite3_db_config(store->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
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
    sqlite3_db_config(store->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
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

static RESULT handle_make(const struct store_ops *ops, const char *path, const char *vfs, bool reader,
                          struct sqlite_store **ret_store)
{
    struct sqlite_store *const store = calloc(1, sizeof *store);
    ENSURE(store != NULL, NO_MEMORY);
    store->common = (struct store){.ops = ops, .reader = reader};
    store->path = strdup(path);
    store->vfs = vfs == NULL ? NULL : strdup(vfs);
    store->times = reader ? NULL : calloc(TIMES_SLOTS, sizeof *store->times);
    if (store->path == NULL || (vfs != NULL && store->vfs == NULL) || (!reader && store->times == NULL)) {
        close_handle(&store->common);
        return FAIL(NO_MEMORY);
    }
    *ret_store = store;
    return RESULT_OK;
}

/* Hands the store to the caller, or closes it where its opening failed. */
static RESULT hand_over(struct sqlite_store *store, struct result opened, struct store **ret_store)
{
    if (is_ok(opened))
        *ret_store = &store->common;
    else
        close_handle(&store->common);
    return opened;
}

static RESULT connect_reader(struct sqlite_store *store)
{
    TRY(open_connection(store, SQLITE_OPEN_READONLY));
    return sqlite_run(store, "PRAGMA query_only = ON; PRAGMA cache_size = " READER_CACHE);
}

static RESULT open_reader(struct store *common, struct store **ret_reader)
{
    const struct sqlite_store *const writer = sqlite_of(common);
    struct sqlite_store *store;
    TRY(handle_make(common->ops, writer->path, writer->vfs, true, &store));
    return hand_over(store, connect_reader(store), ret_reader);
}

static RESULT connect_writer(struct sqlite_store *store, bool create)
{
    if (create)
        TRY(make_file(store->path));
    TRY(open_connection(store, SQLITE_OPEN_READWRITE));
    TRY(check_or_make(store, create));
    return sqlite_run(store, "PRAGMA journal_mode = WAL;"
                             "PRAGMA synchronous = FULL;"
                             "PRAGMA secure_delete = OFF;"
                             "PRAGMA wal_autocheckpoint = " CHECKPOINT_PAGES ";"
                             "PRAGMA journal_size_limit = " LOG_BYTES_KEPT ";"
                             "PRAGMA cache_size = " WRITER_CACHE);
}

static const struct store_ops sqlite_ops = {
    .close = close_handle,
    .open_reader = open_reader,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .sync = sync_log,
    .ledger = sqlite_ledger,
    .license = sqlite_license,
    .license_id = sqlite_license_id,
    .machine_get = sqlite_machine_get,
    .machine_put = sqlite_machine_put,
    .figures = sqlite_figures,
    .block = sqlite_block,
    .unblock = sqlite_unblock,
    .blocked = sqlite_blocked,
    .machines = sqlite_machines,
    .denial_add = sqlite_denial_add,
    .denials = sqlite_denials,
    .ledger_size = sqlite_ledger_size,
    .leaves_append = sqlite_leaves_append,
    .leaves = sqlite_leaves,
    .hashes_append = sqlite_hashes_append,
    .hashes_get = sqlite_hashes_get,
    .checkpoint_get = sqlite_checkpoint_get,
    .checkpoint_put = sqlite_checkpoint_put,
};

RESULT store_open_sqlite(const struct store_sqlite_options *options, struct store **ret_store)
{
    struct sqlite_store *store;
    TRY(handle_make(&sqlite_ops, options->path, options->vfs, false, &store));
    return hand_over(store, connect_writer(store, options->create), ret_store);
}
