/* The desk's folder and its record; see desk.h. */
#include "desk/desk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    APPLICATION_ID = 0x4176446b, /* "AvDk" */
    SCHEMA_VERSION = 1,
    BUSY_MILLISECONDS = 2000,
};

static const char SCHEMA[] = "BEGIN;"
                             "CREATE TABLE signed ("
                             "  number INTEGER PRIMARY KEY,"
                             "  kind TEXT NOT NULL CHECK (kind IN ('product', 'license', 'revocations')),"
                             "  id TEXT NOT NULL,"     /* of the product or license; sequence of the revocations */
                             "  issued TEXT NOT NULL," /* RFC 3339 */
                             "  note TEXT NOT NULL"    /* as signed */
                             ") STRICT;"
                             "CREATE INDEX signed_by_id ON signed (kind, id);"
                             "CREATE UNIQUE INDEX signed_once ON signed (kind, id) WHERE kind <> 'product';"
                             "PRAGMA application_id = %d;"
                             "PRAGMA user_version = %d;"
                             "COMMIT;";

struct desk {
    sqlite3 *database;
    struct verifier_key key;
    char key_path[PATH_SIZE];
};

struct desk_paths {
    char verifier[PATH_SIZE];
    char secret[PATH_SIZE];
    char database[PATH_SIZE];
};

static _Thread_local char last_message[256];

const char *desk_last_message(void)
{
    return last_message;
}

static RESULT desk_paths_make(const char *folder, struct desk_paths *ret_paths)
{
    TRY(path_join(ret_paths->verifier, folder, "vendor.vkey"));
    TRY(path_join(ret_paths->secret, folder, "vendor.key"));
    TRY(path_join(ret_paths->database, folder, "desk.db"));
    return RESULT_OK;
}

/* What SQLite's status means here; keeps its words. */
static RESULT store_result(sqlite3 *database, int status)
{
    if (status == SQLITE_OK || status == SQLITE_DONE || status == SQLITE_ROW)
        return RESULT_OK;
    (void)snprintf(last_message, sizeof last_message, "%s",
                   database != NULL ? sqlite3_errmsg(database) : sqlite3_errstr(status));
    switch (status & 0xff) {
    case SQLITE_NOMEM:
        return FAIL(NO_MEMORY);
    case SQLITE_NOTADB:
        return FAIL(STORE_FOREIGN);
    case SQLITE_BUSY:
    case SQLITE_CONSTRAINT: /* another process has added the same number meanwhile */
        return FAIL(LOCKED);
    default:
        return FAIL(STORE_FAILED);
    }
}

static RESULT execute(sqlite3 *database, const char *sql)
{
    return store_result(database, sqlite3_exec(database, sql, NULL, NULL, NULL));
}

static void statement_cleanup(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}
#define CLEANUP_STATEMENT __attribute__((cleanup(statement_cleanup)))

static RESULT prepare(sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement)
{
    return store_result(database, sqlite3_prepare_v2(database, sql, -1, ret_statement, NULL));
}

static RESULT read_pragma(sqlite3 *database, const char *sql, int *ret_value)
{
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(prepare(database, sql, &statement));
    TRY(store_result(database, sqlite3_step(statement)));
    *ret_value = sqlite3_column_int(statement, 0);
    return RESULT_OK;
}

/* Making and opening */

static RESULT create_database(const char *path)
{
    /* SQLite would make it readable for everybody; it names customers. */
    TRY(file_create(path, slice_of(""), 0600, NULL));
    sqlite3 *database = NULL;
    struct result result = store_result(database, sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL));
    if (is_ok(result)) {
        char sql[sizeof SCHEMA + 32];
        (void)snprintf(sql, sizeof sql, SCHEMA, APPLICATION_ID, SCHEMA_VERSION);
        result = execute(database, sql);
    }
    sqlite3_close(database);
    return result;
}

static RESULT create_files(const struct desk_paths *paths, const struct verifier_key *key, struct slice key_file)
{
    char text[VERIFIER_KEY_TEXT_SIZE + 1];
    verifier_key_write(key, text);
    const size_t length = strlen(text);
    text[length] = '\n';
    TRY(create_database(paths->database));
    TRY(file_create(paths->secret, key_file, 0600, NULL));
    /* Last: its presence says that this is a desk. */
    TRY(file_create(paths->verifier, slice_make(text, length + 1), 0644, NULL));
    return RESULT_OK;
}

RESULT desk_create(const char *folder, const struct verifier_key *key, struct slice key_file)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    TRY(folder_make(folder, 0700, NULL));
    ENSURE(!file_exists(paths.verifier) && !file_exists(paths.secret) && !file_exists(paths.database), FILE_EXISTS);
    const struct result result = create_files(&paths, key, key_file);
    /* A file that another process made between the look and the making is not ours to remove. */
    if (!is_ok(result) && result_code(result) != ERR_FILE_EXISTS) {
        result_ignore(file_remove(paths.verifier, NULL));
        result_ignore(file_remove(paths.secret, NULL));
        result_ignore(file_remove(paths.database, NULL));
    }
    return result;
}

RESULT desk_read_key(const char *folder, struct verifier_key *ret_key)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    ENSURE(file_exists(paths.verifier), NOT_SET_UP);
    CLEANUP_BUFFER struct buffer text = buffer_make(VERIFIER_KEY_TEXT_SIZE);
    TRY(file_read(paths.verifier, &text, NULL));
    struct verifier_key key;
    TRY(verifier_key_read(key_file_text(buffer_slice(&text)), &key));
    ENSURE(is_ok(id_check(slice_of(key.name))), KEY_FORM);
    *ret_key = key;
    return RESULT_OK;
}

static RESULT check_schema(sqlite3 *database)
{
    int application = 0;
    int version = 0;
    TRY(read_pragma(database, "PRAGMA application_id", &application));
    ENSURE(application == APPLICATION_ID, STORE_FOREIGN);
    TRY(read_pragma(database, "PRAGMA user_version", &version));
    ENSURE(version <= SCHEMA_VERSION, STORE_NEWER);
    ENSURE(version == SCHEMA_VERSION, STORE_FOREIGN);
    return RESULT_OK;
}

static RESULT open_database(const char *path, bool writing, struct desk *desk)
{
    const int flags = writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    TRY(store_result(NULL, sqlite3_open_v2(path, &desk->database, flags, NULL)));
    sqlite3_busy_timeout(desk->database, BUSY_MILLISECONDS);
    TRY(check_schema(desk->database));
    return execute(desk->database, "PRAGMA synchronous = FULL");
}

static RESULT open_in(const char *folder, bool writing, struct desk *desk)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    TRY(desk_read_key(folder, &desk->key));
    memcpy(desk->key_path, paths.secret, sizeof desk->key_path);
    return open_database(paths.database, writing, desk);
}

RESULT desk_open(const char *folder, bool writing, struct desk **ret_desk)
{
    last_message[0] = '\0';
    struct desk *desk = calloc(1, sizeof *desk);
    ENSURE(desk != NULL, NO_MEMORY);
    const struct result opened = open_in(folder, writing, desk);
    if (is_ok(opened))
        *ret_desk = desk;
    else
        desk_free(desk);
    return opened;
}

void desk_free(struct desk *desk)
{
    if (desk == NULL)
        return;
    sqlite3_close(desk->database);
    free(desk);
}

const struct verifier_key *desk_key(const struct desk *desk)
{
    return &desk->key;
}

const char *desk_key_path(const struct desk *desk)
{
    return desk->key_path;
}

/* Adding */

static RESULT add(struct desk *desk, const char *kind, const char *id, seconds issued, struct slice note)
{
    char date[TIME_TEXT_SIZE];
    time_write(issued, date);
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(prepare(desk->database, "INSERT INTO signed (kind, id, issued, note) VALUES (?, ?, ?, ?)", &statement));
    sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, date, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, (const char *)note.data, (int)note.size, SQLITE_STATIC);
    return store_result(desk->database, sqlite3_step(statement));
}

RESULT desk_add_product(struct desk *desk, const struct product *product, struct slice note)
{
    return add(desk, "product", product->product, product->issued, note);
}

RESULT desk_add_license(struct desk *desk, const struct license *license, struct slice note)
{
    return add(desk, "license", license->id, license->issued, note);
}

RESULT desk_add_revocations(struct desk *desk, const struct revocations *revocations, struct slice note)
{
    char sequence[32];
    (void)snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)revocations->sequence);
    return add(desk, "revocations", sequence, revocations->issued, note);
}

RESULT desk_take_back(struct desk *desk)
{
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(prepare(desk->database, "DELETE FROM signed WHERE number = ?", &statement));
    sqlite3_bind_int64(statement, 1, sqlite3_last_insert_rowid(desk->database));
    return store_result(desk->database, sqlite3_step(statement));
}

/* Reading */

/* Calls `each` with every note that the statement gives in its first column. */
static RESULT each_note(struct desk *desk, sqlite3_stmt *statement, RESULT (*each)(void *context, struct slice note),
                        void *context)
{
    int status = sqlite3_step(statement);
    for (; status == SQLITE_ROW; status = sqlite3_step(statement)) {
        const unsigned char *text = sqlite3_column_text(statement, 0);
        TRY(each(context, slice_make(text, (size_t)sqlite3_column_bytes(statement, 0))));
    }
    return store_result(desk->database, status);
}

/* The note that the statement gives; NOT_FOUND where it gives none. Lives as long as the row. */
static RESULT one_note(struct desk *desk, sqlite3_stmt *statement, struct slice *ret_note)
{
    const int status = sqlite3_step(statement);
    ENSURE(status != SQLITE_DONE, NOT_FOUND);
    TRY(store_result(desk->database, status));
    const unsigned char *text = sqlite3_column_text(statement, 0);
    *ret_note = slice_make(text, (size_t)sqlite3_column_bytes(statement, 0));
    return RESULT_OK;
}

RESULT desk_find_product(struct desk *desk, const char *product, struct product *ret_product)
{
    static const char SQL[] = "SELECT note FROM signed WHERE kind = 'product' AND id = ? ORDER BY number DESC LIMIT 1";
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    struct slice note;
    TRY(prepare(desk->database, SQL, &statement));
    sqlite3_bind_text(statement, 1, product, -1, SQLITE_STATIC);
    TRY(one_note(desk, statement, &note));
    return product_open(note, &desk->key, 1, ret_product);
}

RESULT desk_find_license(struct desk *desk, const char *id, struct license *ret_license)
{
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    struct slice note;
    TRY(prepare(desk->database, "SELECT note FROM signed WHERE kind = 'license' AND id = ?", &statement));
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    TRY(one_note(desk, statement, &note));
    return license_open(note, &desk->key, 1, ret_license);
}

void revocations_cleanup(struct revocations **revocations)
{
    free(*revocations);
}

static RESULT find_revocations(struct desk *desk, struct revocations *revocations, struct buffer *note)
{
    static const char SQL[] = "SELECT note FROM signed WHERE kind = 'revocations' ORDER BY number DESC LIMIT 1";
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    struct slice text = slice_of("");
    TRY(prepare(desk->database, SQL, &statement));
    const struct result found = one_note(desk, statement, &text);
    if (result_code(found) == ERR_NOT_FOUND)
        return slice_copy_text(slice_of(desk->key.name), revocations->vendor, sizeof revocations->vendor);
    TRY(found);
    TRY(revocations_open(text, &desk->key, 1, revocations));
    if (note == NULL)
        return RESULT_OK;
    buffer_append_slice(note, text);
    return buffer_status(note);
}

RESULT desk_find_revocations(struct desk *desk, struct revocations **ret_revocations, struct buffer *note)
{
    struct revocations *revocations = calloc(1, sizeof *revocations);
    ENSURE(revocations != NULL, NO_MEMORY);
    const struct result found = find_revocations(desk, revocations, note);
    if (is_ok(found))
        *ret_revocations = revocations;
    else
        free(revocations);
    return found;
}

struct product_visit {
    const struct desk *desk;
    RESULT (*each)(void *context, const struct product *product);
    void *context;
};

static RESULT visit_product(void *context, struct slice note)
{
    const struct product_visit *visit = context;
    struct product product;
    TRY(product_open(note, &visit->desk->key, 1, &product));
    return visit->each(visit->context, &product);
}

RESULT desk_each_product(struct desk *desk, RESULT (*each)(void *context, const struct product *product), void *context)
{
    static const char SQL[] = "SELECT note FROM signed WHERE number IN"
                              " (SELECT max(number) FROM signed WHERE kind = 'product' GROUP BY id) ORDER BY id";
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(prepare(desk->database, SQL, &statement));
    struct product_visit visit = {desk, each, context};
    return each_note(desk, statement, visit_product, &visit);
}

struct license_visit {
    const struct desk *desk;
    RESULT (*each)(void *context, const struct license *license, struct slice note);
    void *context;
};

static RESULT visit_license(void *context, struct slice note)
{
    const struct license_visit *visit = context;
    struct license license;
    TRY(license_open(note, &visit->desk->key, 1, &license));
    return visit->each(visit->context, &license, note);
}

RESULT desk_each_license(struct desk *desk,
                         RESULT (*each)(void *context, const struct license *license, struct slice note), void *context)
{
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(prepare(desk->database, "SELECT note FROM signed WHERE kind = 'license' ORDER BY number", &statement));
    struct license_visit visit = {desk, each, context};
    return each_note(desk, statement, visit_license, &visit);
}
