/* The desk's folder and its record; see desk.h. */
#include "desk/desk.h"

#include "base/cursor.h"
#include "base/sentences.h"
#include "revoked.h"
#include "sqlite/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MILLISECONDS = 2000 };

static const struct schema SCHEMA = {.application_id = 0x4176446b, /* "AvDk" */ .version = 1};

static const char TABLES[] = "CREATE TABLE signed ("
                             "  number INTEGER PRIMARY KEY,"
                             "  kind TEXT NOT NULL CHECK (kind IN ('product', 'license', 'revocations')),"
                             "  id TEXT NOT NULL,"     /* of the product or license; sequence of the revocations */
                             "  issued TEXT NOT NULL," /* RFC 3339 */
                             "  note TEXT NOT NULL"    /* as signed */
                             ") STRICT;"
                             "CREATE INDEX signed_by_id ON signed (kind, id);"
                             "CREATE UNIQUE INDEX signed_once ON signed (kind, id) WHERE kind <> 'product'";

static const struct status_meaning STATUS_MEANINGS[] = {
    {SQLITE_NOTADB, ERR_STORE_FOREIGN},
    {SQLITE_BUSY, ERR_LOCKED},
    {SQLITE_CONSTRAINT, ERR_LOCKED}, /* another process has added the same number meanwhile */
    {0},
};

struct desk {
    struct database database;
    struct verifier_key keys[VENDOR_KEYS_MAX]; /* the first is in use */
    size_t key_count;
    char key_path[PATH_SIZE];
};

struct desk_paths {
    char verifier[PATH_SIZE];
    char secret[PATH_SIZE];
    char database[PATH_SIZE];
    char spare[PATH_SIZE];
    char former[PATH_SIZE];
};

static RESULT desk_paths_make(const char *folder, struct desk_paths *ret_paths)
{
    TRY(path_join(ret_paths->verifier, folder, "vendor.vkey"));
    TRY(path_join(ret_paths->secret, folder, "vendor.key"));
    TRY(path_join(ret_paths->database, folder, "desk.db"));
    TRY(path_join(ret_paths->spare, folder, "spare.vkey"));
    TRY(path_join(ret_paths->former, folder, "former.vkeys"));
    return RESULT_OK;
}

/* Making and opening */

/* Whoever only reads may write too, where the file lets him: what one who was killed has begun is taken back by the
 * next who comes. */
static RESULT open_database(const char *path, bool writing, struct database *ret_database, struct reason *reason)
{
    const struct database_options options = {
        .path = path,
        .flags = SQLITE_OPEN_READWRITE,
        .busy_milliseconds = BUSY_MILLISECONDS,
        .meanings = STATUS_MEANINGS,
    };
    CLEANUP_DATABASE struct database database = {0};
    TRY(database_open(&options, &database, reason));
    if (!writing)
        TRY(database_run(&database, "PRAGMA query_only = ON", reason));
    *ret_database = database;
    database.handle = NULL;
    return RESULT_OK;
}

static RESULT create_database(const char *path, struct reason *reason)
{
    CLEANUP_DATABASE struct database database = {0};
    /* SQLite would make it readable for everybody; it names customers. */
    TRY(file_create(path, slice_of(""), 0600, reason));
    TRY(open_database(path, true, &database, reason));
    return database_make_schema(&database, &SCHEMA, TABLES, reason);
}

static RESULT create_files(const struct desk_paths *paths, const struct verifier_key *key, struct slice key_file,
                           struct reason *reason)
{
    char text[VERIFIER_KEY_TEXT_SIZE + 1];
    verifier_key_write(key, text);
    const size_t length = strlen(text);
    text[length] = '\n';
    TRY(create_database(paths->database, reason));
    TRY(file_create(paths->secret, key_file, 0600, reason));
    /* Last: its presence says that this is a desk. */
    TRY(file_create(paths->verifier, slice_make(text, length + 1), 0644, reason));
    return RESULT_OK;
}

RESULT desk_create(const char *folder, const struct verifier_key *key, struct slice key_file, struct reason *reason)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    TRY(folder_make(folder, 0700, reason));
    ENSURE(!file_exists(paths.verifier) && !file_exists(paths.secret) && !file_exists(paths.database), FILE_EXISTS);
    const struct result result = create_files(&paths, key, key_file, reason);
    /* A file that another process made between the look and the making is not ours to remove. */
    if (!is_ok(result) && result_code(result) != ERR_FILE_EXISTS) {
        result_ignore(file_remove(paths.verifier, NULL));
        result_ignore(file_remove(paths.secret, NULL));
        result_ignore(file_remove(paths.database, NULL));
    }
    return result;
}

RESULT desk_read_key(const char *folder, struct verifier_key *ret_key, struct reason *reason)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    ENSURE(file_exists(paths.verifier), NOT_SET_UP);
    CLEANUP_BUFFER struct buffer text = buffer_make(VERIFIER_KEY_TEXT_SIZE);
    TRY(file_read_kept(paths.verifier, &text, reason));
    struct verifier_key key;
    TRY(verifier_key_read(key_file_text(buffer_slice(&text)), &key));
    ENSURE(is_ok(id_check(slice_of(key.name))), KEY_FORM);
    *ret_key = key;
    return RESULT_OK;
}

/* Adds the keys in the file, one a line, but for those that are there already; of this vendor all of them. */
static RESULT add_keys(const char *path, struct verifier_key *keys, size_t *count, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make((size_t)VENDOR_KEYS_MAX * (VERIFIER_KEY_TEXT_SIZE + 1));
    if (!file_exists(path))
        return RESULT_OK;
    TRY(file_read_kept(path, &text, reason));
    struct cursor cursor = cursor_make(buffer_slice(&text));
    while (!cursor_at_end(&cursor)) {
        struct verifier_key key;
        bool is_known = false;
        const struct slice line = cursor_line(&cursor);
        ENSURE(!cursor_failed(&cursor), KEY_FORM);
        TRY(verifier_key_read(line, &key));
        ENSURE(strcmp(key.name, keys[0].name) == 0, KEY_FORM);
        for (size_t i = 0; i < *count; i++)
            is_known = is_known || verifier_key_equal(&keys[i], &key);
        if (is_known)
            continue;
        ENSURE(*count < VENDOR_KEYS_MAX, DOCUMENT_LIMIT);
        keys[(*count)++] = key;
    }
    return RESULT_OK;
}

/* Without a spare nothing may stand where it would. */
RESULT desk_read_keys(const char *folder, struct verifier_key ret_keys[static VENDOR_KEYS_MAX], size_t *ret_count,
                      struct reason *reason)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    TRY(desk_read_key(folder, &ret_keys[0], reason));
    *ret_count = 1;
    TRY(add_keys(paths.spare, ret_keys, ret_count, reason));
    return *ret_count < 2 ? RESULT_OK : add_keys(paths.former, ret_keys, ret_count, reason);
}

static void write_keys(const struct verifier_key *keys, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&keys[i], text);
        buffer_printf(out, "%s\n", text);
    }
}

static RESULT put_keys(const char *path, const struct verifier_key *keys, size_t count, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make((size_t)VENDOR_KEYS_MAX * (VERIFIER_KEY_TEXT_SIZE + 1));
    write_keys(keys, count, &text);
    TRY(buffer_status(&text));
    return file_write(path, buffer_slice(&text), 0644, reason);
}

RESULT desk_set_spare(const char *folder, const struct verifier_key *spare, struct reason *reason)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    return put_keys(paths.spare, spare, 1, reason);
}

RESULT desk_rotate(const char *folder, const struct verifier_key *key, struct slice key_file,
                   const struct verifier_key *spare, struct reason *reason)
{
    struct desk_paths paths;
    struct verifier_key former[VENDOR_KEYS_MAX];
    size_t count = 1;
    TRY(desk_paths_make(folder, &paths));
    TRY(desk_read_key(folder, &former[0], reason));
    TRY(add_keys(paths.former, former, &count, reason));
    ENSURE(count <= VENDOR_KEYS_MAX - 2, DOCUMENT_LIMIT);
    if (!verifier_key_equal(&former[0], key))
        TRY(put_keys(paths.former, former, count, reason));
    TRY(file_write(paths.secret, key_file, 0600, reason));
    TRY(put_keys(paths.verifier, key, 1, reason));
    return put_keys(paths.spare, spare, 1, reason);
}

static RESULT open_in(const char *folder, bool writing, struct desk *desk, struct reason *reason)
{
    struct desk_paths paths;
    TRY(desk_paths_make(folder, &paths));
    TRY(desk_read_keys(folder, desk->keys, &desk->key_count, reason));
    memcpy(desk->key_path, paths.secret, sizeof desk->key_path);
    TRY(open_database(paths.database, writing, &desk->database, reason));
    TRY(database_check_schema(&desk->database, &SCHEMA, reason));
    return database_run(&desk->database, "PRAGMA synchronous = FULL", reason);
}

RESULT desk_open(const char *folder, bool writing, struct desk **ret_desk, struct reason *reason)
{
    struct desk *desk = calloc(1, sizeof *desk);
    ENSURE(desk != NULL, NO_MEMORY);
    const struct result opened = open_in(folder, writing, desk, reason);
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
    database_close(&desk->database);
    free(desk);
}

const struct verifier_key *desk_key(const struct desk *desk)
{
    return &desk->keys[0];
}

const struct verifier_key *desk_keys(const struct desk *desk, size_t *ret_count)
{
    *ret_count = desk->key_count;
    return desk->keys;
}

const char *desk_key_path(const struct desk *desk)
{
    return desk->key_path;
}

/* Adding */

static RESULT add(struct desk *desk, const char *kind, const char *id, seconds issued, struct slice note,
                  struct reason *reason)
{
    static const char SQL[] = "INSERT INTO signed (kind, id, issued, note) VALUES (?, ?, ?, ?)";
    char date[TIME_TEXT_SIZE];
    time_write(issued, date);
    CLEANUP_QUERY struct query query = query_once(&desk->database, SQL, reason);
    query_text(&query, kind);
    query_text(&query, id);
    query_text(&query, date);
    query_text_slice(&query, note);
    return query_run(&query, NULL);
}

RESULT desk_add_product(struct desk *desk, const struct product *product, struct slice note, struct reason *reason)
{
    return add(desk, "product", product->product, product->issued, note, reason);
}

RESULT desk_add_license(struct desk *desk, const struct license *license, struct slice note, struct reason *reason)
{
    return add(desk, "license", license->id, license->issued, note, reason);
}

RESULT desk_add_revocations(struct desk *desk, const struct revocations *revocations, struct slice note,
                            struct reason *reason)
{
    char sequence[32];
    (void)snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)revocations->sequence);
    return add(desk, "revocations", sequence, revocations->issued, note, reason);
}

RESULT desk_put(struct desk *desk, enum document_type type, const char *id, seconds issued, struct slice note,
                enum desk_place place, struct reason *reason)
{
    static const char SQL[] = "INSERT INTO signed (number, kind, id, issued, note)"
                              " SELECT min(number) - 1, ?, ?, ?, ? FROM signed";
    if (place == DESK_LAST)
        return add(desk, document_type_name(type), id, issued, note, reason);
    char date[TIME_TEXT_SIZE];
    time_write(issued, date);
    CLEANUP_QUERY struct query query = query_once(&desk->database, SQL, reason);
    query_text(&query, document_type_name(type));
    query_text(&query, id);
    query_text(&query, date);
    query_text_slice(&query, note);
    return query_run(&query, NULL);
}

RESULT desk_take_back(struct desk *desk, struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&desk->database, "DELETE FROM signed WHERE number = ?", reason);
    query_number(&query, sqlite3_last_insert_rowid(desk->database.handle));
    return query_run(&query, NULL);
}

/* Reading */

/* Calls `each` with every note that the query gives in its first column. */
static RESULT each_note(struct query *query, RESULT (*each)(void *context, struct slice note), void *context)
{
    bool row;
    TRY(query_step(query, &row));
    while (row) {
        TRY(each(context, column_slice(query, 0)));
        TRY(query_step(query, &row));
    }
    return RESULT_OK;
}

/* The note that the query gives; NOT_FOUND where it gives none. Lives as long as the query. */
static RESULT one_note(struct query *query, struct slice *ret_note)
{
    bool row;
    TRY(query_step(query, &row));
    ENSURE(row, NOT_FOUND);
    *ret_note = column_slice(query, 0);
    return RESULT_OK;
}

/* Whether the note, which is one, is of that text. */
static bool is_of_text(struct slice note, struct slice text)
{
    return note.size > text.size && slice_equal(slice_make(note.data, text.size), text) && note.data[text.size] == '\n';
}

RESULT desk_holds(struct desk *desk, enum document_type type, const char *id, struct slice text, bool *ret_holds,
                  struct reason *reason)
{
    bool row = false;
    CLEANUP_QUERY struct query query =
        query_once(&desk->database, "SELECT note FROM signed WHERE kind = ? AND id = ?", reason);
    query_text(&query, document_type_name(type));
    query_text(&query, id);
    *ret_holds = false;
    TRY(query_step(&query, &row));
    while (row && !*ret_holds) {
        *ret_holds = is_of_text(column_slice(&query, 0), text);
        ENSURE(*ret_holds || type == DOCUMENT_PRODUCT, FILE_EXISTS);
        TRY(query_step(&query, &row));
    }
    return RESULT_OK;
}

RESULT desk_product_note(struct desk *desk, const char *product, struct buffer *note, struct reason *reason)
{
    static const char SQL[] = "SELECT note FROM signed WHERE kind = 'product' AND id = ? ORDER BY number DESC LIMIT 1";
    struct slice text;
    CLEANUP_QUERY struct query query = query_once(&desk->database, SQL, reason);
    query_text(&query, product);
    TRY(one_note(&query, &text));
    buffer_append_slice(note, text);
    return buffer_status(note);
}

RESULT desk_find_product(struct desk *desk, const char *product, struct product *ret_product, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(desk_product_note(desk, product, &note, reason));
    return product_open(buffer_slice(&note), desk->keys, desk->key_count, ret_product);
}

static bool names(const struct product *product, const struct verifier_key *key)
{
    for (size_t i = 0; i < product->vendor_key_count; i++)
        if (verifier_key_equal(&product->vendor_keys[i], key))
            return true;
    return false;
}

/* Whether that key signed the document, which may be by another of the desk's, and it names the other one. */
static RESULT is_by_and_names(struct slice note, const struct verifier_key *signer, const struct verifier_key *named,
                              struct product *ret_product, bool *ret_is)
{
    const struct result opened = product_open(note, signer, 1, ret_product);
    if (!is_ok(opened) && result_code(opened) != ERR_SIGNER_UNKNOWN)
        return opened;
    *ret_is = is_ok(opened) && names(ret_product, named);
    return RESULT_OK;
}

RESULT desk_product_by(struct desk *desk, const struct verifier_key *signer, const struct verifier_key *named,
                       struct product *ret_product, struct buffer *note, struct reason *reason)
{
    bool row = false;
    bool found = false;
    CLEANUP_QUERY struct query query =
        query_once(&desk->database, "SELECT note FROM signed WHERE kind = 'product' ORDER BY number DESC", reason);
    while (!found) {
        TRY(query_step(&query, &row));
        ENSURE(row, NOT_FOUND);
        TRY(is_by_and_names(column_slice(&query, 0), signer, named, ret_product, &found));
    }
    buffer_append_slice(note, column_slice(&query, 0));
    return buffer_status(note);
}

RESULT desk_find_license(struct desk *desk, const char *id, struct license *ret_license, struct reason *reason)
{
    struct slice note;
    CLEANUP_QUERY struct query query =
        query_once(&desk->database, "SELECT note FROM signed WHERE kind = 'license' AND id = ?", reason);
    query_text(&query, id);
    const struct result found = one_note(&query, &note);
    if (result_code(found) == ERR_NOT_FOUND)
        return reason_say(reason, found,
                          _("this desk's record has no license of that id; if you have it as it was signed, take it "
                            "back: `aval-vendor adopt FILE`"));
    TRY(found);
    return license_open(note, desk->keys, desk->key_count, ret_license);
}

void revocations_cleanup(struct revocations **revocations)
{
    free(*revocations);
}

/* Adds what the list that was signed here last holds beyond the newest one, where that was taken in from elsewhere. */
static RESULT join_last_signed(struct desk *desk, struct revocations *revocations, struct reason *reason)
{
    struct slice text;
    CLEANUP_QUERY struct query query = query_once(
        &desk->database, "SELECT note FROM signed WHERE kind = 'revocations' ORDER BY number DESC LIMIT 1", reason);
    TRY(one_note(&query, &text));
    struct revocations *last = malloc(sizeof *last); /* too large for a stack */
    ENSURE(last != NULL, NO_MEMORY);
    struct result joined = revocations_open(text, desk->keys, desk->key_count, last);
    if (is_ok(joined))
        joined = revoked_join(revocations, last);
    free(last);
    return joined;
}

static size_t count_of(const struct revocations *revocations)
{
    return revocations->license_count + revocations->host_key_count + revocations->vendor_key_count;
}

static RESULT find_revocations(struct desk *desk, struct revocations *revocations, struct buffer *note,
                               struct reason *reason)
{
    static const char SQL[] =
        "SELECT note FROM signed WHERE kind = 'revocations' ORDER BY length(id) DESC, id DESC LIMIT 1";
    struct slice text = slice_of("");
    CLEANUP_QUERY struct query query = query_once(&desk->database, SQL, reason);
    const struct result found = one_note(&query, &text);
    if (result_code(found) == ERR_NOT_FOUND)
        return slice_copy_text(slice_of(desk->keys[0].name), revocations->vendor, sizeof revocations->vendor);
    TRY(found);
    TRY(revocations_open(text, desk->keys, desk->key_count, revocations));
    const size_t in_note = count_of(revocations);
    TRY(join_last_signed(desk, revocations, reason));
    if (note == NULL || count_of(revocations) > in_note)
        return RESULT_OK;
    buffer_append_slice(note, text);
    return buffer_status(note);
}

RESULT desk_find_revocations(struct desk *desk, struct revocations **ret_revocations, struct buffer *note,
                             struct reason *reason)
{
    struct revocations *revocations = calloc(1, sizeof *revocations);
    ENSURE(revocations != NULL, NO_MEMORY);
    const struct result found = find_revocations(desk, revocations, note, reason);
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
    TRY(product_open(note, visit->desk->keys, visit->desk->key_count, &product));
    return visit->each(visit->context, &product);
}

RESULT desk_each_product(struct desk *desk, RESULT (*each)(void *context, const struct product *product), void *context,
                         struct reason *reason)
{
    static const char SQL[] = "SELECT note FROM signed WHERE number IN"
                              " (SELECT max(number) FROM signed WHERE kind = 'product' GROUP BY id) ORDER BY id";
    CLEANUP_QUERY struct query query = query_once(&desk->database, SQL, reason);
    struct product_visit visit = {desk, each, context};
    return each_note(&query, visit_product, &visit);
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
    TRY(license_open(note, visit->desk->keys, visit->desk->key_count, &license));
    return visit->each(visit->context, &license, note);
}

RESULT desk_each_license(struct desk *desk,
                         RESULT (*each)(void *context, const struct license *license, struct slice note), void *context,
                         struct reason *reason)
{
    CLEANUP_QUERY struct query query =
        query_once(&desk->database, "SELECT note FROM signed WHERE kind = 'license' ORDER BY issued, number", reason);
    struct license_visit visit = {desk, each, context};
    return each_note(&query, visit_license, &visit);
}

/* ---- keys of a product ---- */

enum { FORMER_FIRST = 2 }; /* behind the key in use and the spare */

struct running {
    const struct desk *desk;
    seconds now;
    bool runs[VENDOR_KEYS_MAX]; /* a license that each of the desk's keys signed */
};

static RESULT note_running(void *context, const struct license *license, struct slice note)
{
    struct running *running = context;
    struct license opened;
    for (size_t i = FORMER_FIRST; i < running->desk->key_count && license->not_after > running->now; i++)
        if (!running->runs[i])
            running->runs[i] = is_ok(license_open(note, &running->desk->keys[i], 1, &opened));
    return RESULT_OK;
}

RESULT desk_product_keys(struct desk *desk, seconds now, struct product *product, struct reason *reason)
{
    struct running running = {.desk = desk, .now = now};
    if (desk->key_count > FORMER_FIRST)
        TRY(desk_each_license(desk, note_running, &running, reason));
    struct revocations *revocations CLEANUP_REVOCATIONS = NULL;
    TRY(desk_find_revocations(desk, &revocations, NULL, reason));
    product->vendor_key_count = 0;
    for (size_t i = 0; i < desk->key_count; i++)
        if (i < FORMER_FIRST || (running.runs[i] && !revocations_hold_signer(revocations, &desk->keys[i])))
            product->vendor_keys[product->vendor_key_count++] = desk->keys[i];
    return RESULT_OK;
}
