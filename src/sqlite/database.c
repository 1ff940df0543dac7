/* A database of SQLite as a whole; see sqlite/database.h. */
#include "sqlite/database.h"

#include "base/sentences.h"

#include <pthread.h>

enum { COPY_PAGES = 1024 }; /* at a time */

/* SQLite counts what memory it has, under a lock of the whole process that each row takes a few times; nobody asks.
 * Where it is at work already it goes on counting. */
static void count_no_memory(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

RESULT database_open(const struct database_options *options, struct database *ret_database, struct reason *reason)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct database database = {.meanings = options->meanings};
    (void)pthread_once(&once, count_no_memory);
    const int flags = options->flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int status = sqlite3_open_v2(options->path, &database.handle, flags, options->vfs);
    if (status != SQLITE_OK) {
        const struct result failure = database_status(&database, status, reason);
        database_close(&database);
        return failure;
    }
    sqlite3_busy_timeout(database.handle, options->busy_milliseconds);
    sqlite3_db_config(database.handle, SQLITE_DBCONFIG_DEFENSIVE, options->guarded ? 1 : 0, NULL);
    sqlite3_db_config(database.handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, options->guarded ? 0 : 1, NULL);
    *ret_database = database;
    return RESULT_OK;
}

void database_close(struct database *database)
{
    sqlite3_close(database->handle);
    database->handle = NULL;
}

static enum error_code meaning_of(const struct database *database, int status)
{
    if ((status & 0xff) == SQLITE_NOMEM)
        return ERR_NO_MEMORY;
    for (const struct status_meaning *meaning = database->meanings; meaning->status != 0; meaning++) {
        if (meaning->status == (status & 0xff))
            return meaning->code;
    }
    return ERR_STORE_FAILED;
}

RESULT database_status(const struct database *database, int status, struct reason *reason)
{
    if (status == SQLITE_OK || status == SQLITE_ROW || status == SQLITE_DONE)
        return RESULT_OK;
    /* The handle has words for what was asked of it last; what was asked of its file says nothing there. */
    const bool last = database->handle != NULL && sqlite3_extended_errcode(database->handle) == status;
    const char *const text = last ? sqlite3_errmsg(database->handle) : sqlite3_errstr(status);
    return reason_say(reason, FAIL_CODE(meaning_of(database, status)), _("%s (SQLite %d)"), text, status);
}

RESULT database_run(const struct database *database, const char *sql, struct reason *reason)
{
    return database_status(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL), reason);
}

RESULT database_number(const struct database *database, const char *sql, int64_t *ret_number, struct reason *reason)
{
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_step(statement);
    const int64_t number = status == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    /* Before the statement goes: then the words are gone too. */
    const struct result result = database_status(database, status, reason);
    sqlite3_finalize(statement);
    TRY(result);
    *ret_number = number;
    return RESULT_OK;
}

bool database_in_transaction(const struct database *database)
{
    return sqlite3_get_autocommit(database->handle) == 0;
}

RESULT schema_check(const struct schema *schema, uint32_t application_id, uint32_t version)
{
    ENSURE(application_id == schema->application_id && version >= (schema->oldest > 0 ? schema->oldest : 1),
           STORE_FOREIGN);
    ENSURE(version <= schema->version, STORE_NEWER);
    return RESULT_OK;
}

RESULT database_check_schema(const struct database *database, const struct schema *schema, struct reason *reason)
{
    int64_t application_id = 0;
    int64_t version = 0;
    TRY(database_number(database, "PRAGMA application_id", &application_id, reason));
    TRY(database_number(database, "PRAGMA user_version", &version, reason));
    return schema_check(schema, (uint32_t)application_id, (uint32_t)version);
}

RESULT database_make_schema(const struct database *database, const struct schema *schema, const char *tables,
                            struct reason *reason)
{
    char *const sql =
        sqlite3_mprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %u; PRAGMA user_version = %u; COMMIT", tables,
                        schema->application_id, schema->version);
    ENSURE(sql != NULL, NO_MEMORY);
    const struct result made = database_run(database, sql, reason);
    sqlite3_free(sql);
    return made;
}

static bool go_on(const struct copy_watch *watch, sqlite3_backup *backup)
{
    const uint64_t all = (uint64_t)sqlite3_backup_pagecount(backup);
    const uint64_t left = (uint64_t)sqlite3_backup_remaining(backup);
    return watch == NULL || watch->go_on(watch->context, all - left, all);
}

RESULT database_copy_watched(const struct database *from, const struct database *to, const struct copy_watch *watch,
                             struct reason *reason)
{
    sqlite3_backup *const backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    if (backup == NULL)
        return database_status(to, sqlite3_extended_errcode(to->handle), reason);
    int status = SQLITE_OK;
    while (status == SQLITE_OK && go_on(watch, backup))
        status = sqlite3_backup_step(backup, COPY_PAGES);
    sqlite3_backup_finish(backup); /* says again what the steps said, and keeps it as the database's words */
    if (status == SQLITE_OK)
        return reason_say(reason, FAIL(STORE_FAILED), "%s", _("the copying was ended"));
    return database_status(to, status, reason);
}

RESULT database_copy(const struct database *from, const struct database *to, struct reason *reason)
{
    return database_copy_watched(from, to, NULL, reason);
}
