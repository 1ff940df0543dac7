/* Names, leaves and checkpoints in SQLite; see sqlite.h. */
#include "sqlite/tables/ledger.h"

#include "archived.h"
#include "sqlite/journal/encoding.h"
#include "sqlite/journal/overlay.h"
#include "sqlite/tables/tiles.h"

/* Runs a query for one number; NOT_FOUND where there is no row. */
static RESULT find_number(struct query *query, uint32_t *ret_number)
{
    bool row;
    TRY(query_step(query, &row));
    ENSURE(row, NOT_FOUND);
    *ret_number = (uint32_t)column_number(query, 0);
    return RESULT_OK;
}

RESULT sqlite_ledger(struct store *common, const char *origin, bool make, uint32_t *ret_ledger)
{
    struct sqlite_store *const store = sqlite_of(common);
    CLEANUP_QUERY struct query find = query_make(store, STATEMENT_LEDGER_FIND);
    query_text(&find, origin);
    const struct result found = find_number(&find, ret_ledger);
    if (!make || result_code(found) != ERR_NOT_FOUND)
        return found;
    CLEANUP_QUERY struct query insert = query_make(store, STATEMENT_LEDGER_MAKE);
    query_text(&insert, origin);
    TRY(query_run(&insert, NULL));
    *ret_ledger = (uint32_t)sqlite3_last_insert_rowid(store->database.handle);
    return RESULT_OK;
}

RESULT sqlite_ledger_next(struct store *store, uint32_t after, uint32_t *ret_ledger,
                          char ret_origin[static KEY_NAME_SIZE])
{
    uint32_t number;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_LEDGER_NEXT);
    query_number(&query, after);
    TRY(find_number(&query, &number));
    TRY(column_text(&query, 1, ret_origin, KEY_NAME_SIZE));
    *ret_ledger = number;
    return RESULT_OK;
}

RESULT sqlite_license(struct store *common, uint32_t ledger, const char *id, const char *product, uint32_t *ret_license)
{
    struct sqlite_store *const store = sqlite_of(common);
    CLEANUP_QUERY struct query find = query_make(store, STATEMENT_LICENSE_FIND);
    query_number(&find, ledger);
    query_text(&find, id);
    const struct result found = find_number(&find, ret_license);
    if (product == NULL || result_code(found) != ERR_NOT_FOUND)
        return found;
    CLEANUP_QUERY struct query insert = query_make(store, STATEMENT_LICENSE_MAKE);
    query_number(&insert, ledger);
    query_text(&insert, id);
    query_text(&insert, product);
    TRY(query_run(&insert, NULL));
    *ret_license = (uint32_t)sqlite3_last_insert_rowid(store->database.handle);
    return RESULT_OK;
}

RESULT sqlite_license_next(struct store *store, uint32_t ledger, uint32_t after, uint32_t *ret_license,
                           char ret_product[static NAME_SIZE])
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_LICENSE_OF);
    query_number(&query, ledger);
    query_number(&query, after);
    TRY(query_step(&query, &row));
    ENSURE(row, NOT_FOUND);
    const int64_t number = column_number(&query, 0);
    ENSURE(number < MOMENT_LICENSES_END, STORE_CORRUPT);
    TRY(column_text(&query, 1, ret_product, NAME_SIZE));
    *ret_license = (uint32_t)number;
    return RESULT_OK;
}

RESULT sqlite_license_id(struct store *store, uint32_t license, char ret_id[static NAME_SIZE])
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_LICENSE_ID);
    query_number(&query, license);
    TRY(query_step(&query, &row));
    ENSURE(row, NOT_FOUND);
    return column_text(&query, 0, ret_id, NAME_SIZE);
}

/* ---- leaves ---- */

/* The leaves of the present row: its place and number of leaves stand in the first two columns. */
struct run {
    uint64_t first;
    uint64_t count;
};

static RESULT run_columns(const struct query *query, uint32_t ledger, struct run *ret_run)
{
    TRY(column_unsigned(query, 0, &ret_run->first));
    TRY(column_unsigned(query, 1, &ret_run->count));
    ret_run->first -= (uint64_t)leaf_place(ledger, 0);
    ENSURE(ret_run->first < PLACE_END && ret_run->count >= 1 &&
               ret_run->count <= LEAVES_OF_RUN - ret_run->first % LEAVES_OF_RUN,
           STORE_CORRUPT);
    return RESULT_OK;
}

static RESULT read_size(struct sqlite_store *store, uint32_t ledger, uint64_t *ret_size)
{
    bool row;
    struct run run = {0};
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_LEAF_LAST);
    query_number(&query, leaf_place(ledger, 0));
    query_number(&query, leaf_place(ledger + 1, 0));
    TRY(query_step(&query, &row));
    if (row)
        TRY(run_columns(&query, ledger, &run));
    *ret_size = run.first + run.count;
    return RESULT_OK;
}

RESULT sqlite_ledger_size(struct store *common, uint32_t ledger, uint64_t *ret_size)
{
    struct sqlite_store *const store = sqlite_of(common);
    if (common->reader || !common->in_transaction)
        return read_size(store, ledger, ret_size);
    struct ledger_end *end;
    TRY(ledger_end_of(store, ledger, &end));
    if (!end->known) {
        TRY(read_size(store, ledger, &end->size));
        end->known = true;
    }
    *ret_size = end->size;
    return RESULT_OK;
}

static RESULT add_run(struct sqlite_store *store, uint32_t ledger, uint64_t first, const struct slice *leaves,
                      size_t count)
{
    struct buffer *const texts = &store->scratch;
    buffer_clear(texts);
    for (size_t i = 0; i < count; i++) {
        uint8_t size[NUMBER_BYTES_MAX];
        buffer_append(texts, size, number_write(leaves[i].size, size));
        buffer_append_slice(texts, leaves[i]);
    }
    TRY(buffer_status(texts));
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_LEAF_ADD);
    query_number(&query, leaf_place(ledger, first));
    query_number(&query, (int64_t)count);
    query_bytes(&query, texts->data, texts->size);
    return query_run(&query, NULL);
}

RESULT sqlite_leaves_append(struct store *common, uint32_t ledger, uint64_t first, const struct slice *leaves,
                            size_t count)
{
    struct sqlite_store *const store = sqlite_of(common);
    struct ledger_end *end;
    uint64_t size;
    TRY(sqlite_ledger_size(common, ledger, &size));
    ENSURE(first == size, STORE_CORRUPT);
    ENSURE(count < PLACE_END - size, STORE_FAILED);
    TRY(ledger_end_of(store, ledger, &end));
    while (count > 0) {
        const size_t room = LEAVES_OF_RUN - (size_t)(end->size % LEAVES_OF_RUN);
        const size_t taken = count < room ? count : room;
        TRY(add_run(store, ledger, end->size, leaves, taken));
        end->size += taken;
        leaves += taken;
        count -= taken;
    }
    return RESULT_OK;
}

/* A part of a ledger, as it is handed on. */
struct stretch {
    uint64_t next;
    uint64_t end;
    bool (*each)(void *context, uint64_t index, struct slice leaf);
    void *context;
    bool stopped;
};

/* The same of a run whose leaves lie elsewhere. */
static RESULT hand_on_archived(struct store *store, uint32_t ledger, const struct run *run, struct stretch *stretch)
{
    ENSURE(run->count == LEAVES_OF_RUN, STORE_CORRUPT);
    const uint64_t behind = run->first + run->count;
    const uint64_t first = stretch->next;
    stretch->next = behind < stretch->end ? behind : stretch->end;
    if (first >= stretch->next)
        return RESULT_OK;
    return archived_leaves(store, ledger, first, stretch->next, stretch->each, stretch->context, &stretch->stopped);
}

/* Hands on what the stretch has of a run. */
static RESULT hand_on(struct slice texts, const struct run *run, struct stretch *stretch)
{
    for (uint64_t index = run->first; index < run->first + run->count; index++) {
        uint64_t size;
        TRY(number_read(&texts, &size));
        ENSURE(size <= texts.size, STORE_CORRUPT);
        if (index == stretch->next && index < stretch->end && !stretch->stopped) {
            stretch->next++;
            stretch->stopped = !stretch->each(stretch->context, index, slice_make(texts.data, (size_t)size));
        }
        texts = slice_make(texts.data + size, texts.size - (size_t)size);
    }
    ENSURE(texts.size == 0, STORE_CORRUPT);
    return RESULT_OK;
}

RESULT sqlite_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                     bool (*each)(void *context, uint64_t index, struct slice leaf), void *context)
{
    if (first >= PLACE_END)
        return RESULT_OK;
    struct stretch stretch = {.next = first, .each = each, .context = context};
    stretch.end = count < PLACE_END - first ? first + count : PLACE_END;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_LEAF_LIST);
    query_number(&query, leaf_place(ledger, 0));
    query_number(&query, leaf_place(ledger, first));
    query_number(&query, leaf_place(ledger, 0) + (int64_t)stretch.end);
    for (bool begun = false; !stretch.stopped; begun = true) {
        bool row;
        struct run run;
        TRY(query_step(&query, &row));
        if (!row)
            return RESULT_OK;
        TRY(run_columns(&query, ledger, &run));
        /* The first may begin before the stretch, and is of no use where the ledger ends before it. */
        ENSURE(begun ? run.first == stretch.next : run.first <= stretch.next, STORE_CORRUPT);
        const struct slice texts = column_slice(&query, 2);
        if (texts.size == 0)
            TRY(hand_on_archived(store, ledger, &run, &stretch));
        else
            TRY(hand_on(texts, &run, &stretch));
    }
    return RESULT_OK;
}

/* ---- checkpoints ---- */

RESULT sqlite_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_CHECKPOINT_GET);
    query_number(&query, ledger);
    TRY(query_step(&query, &row));
    ENSURE(row, NOT_FOUND);
    buffer_append_slice(out, column_slice(&query, 0));
    return buffer_status(out);
}

RESULT sqlite_checkpoint_put(struct store *store, uint32_t ledger, struct slice note)
{
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_CHECKPOINT_PUT);
    query_number(&query, ledger);
    query_bytes(&query, note.data, note.size);
    return query_run(&query, NULL);
}

/* ---- what a host was shown of itself ---- */

static RESULT shown_columns(const struct query *query, struct shown *ret_shown)
{
    struct seen *const seen = &ret_shown->seen;
    TRY(column_unsigned(query, 0, &ret_shown->epoch));
    TRY(column_text(query, 1, seen->origin, sizeof seen->origin));
    TRY(column_unsigned(query, 2, &seen->size));
    TRY(column_exactly(query, 3, seen->root.bytes, HASH_SIZE));
    return column_exactly(query, 4, seen->signature, SIGNATURE_SIZE);
}

RESULT sqlite_shown(struct store *store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count)
{
    size_t count = 0;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_SHOWN_LIST);
    query_number(&query, ledger);
    for (;;) {
        bool row;
        TRY(query_step(&query, &row));
        if (!row)
            break;
        ENSURE(count < SHOWN_MAX, STORE_CORRUPT);
        TRY(shown_columns(&query, &ret_shown[count++]));
    }
    *ret_count = count;
    return RESULT_OK;
}

RESULT sqlite_shown_put(struct store *store, uint32_t ledger, const struct shown *shown)
{
    const struct seen *const seen = &shown->seen;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_SHOWN_PUT);
    query_number(&query, ledger);
    query_number(&query, (int64_t)shown->epoch);
    query_text(&query, seen->origin);
    query_number(&query, (int64_t)seen->size);
    query_bytes(&query, seen->root.bytes, HASH_SIZE);
    query_bytes(&query, seen->signature, SIGNATURE_SIZE);
    return query_run(&query, NULL);
}

RESULT sqlite_shown_drop(struct store *store, uint32_t ledger, uint64_t epoch)
{
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_SHOWN_DROP);
    query_number(&query, ledger);
    query_number(&query, (int64_t)epoch);
    return query_run(&query, NULL);
}
