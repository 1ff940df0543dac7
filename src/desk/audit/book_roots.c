/*
 * The roots in the audit's book, and when each audit was made. See book.h.
 *
 * Always: every piece of roots but the last is full. Each is stored with its hash: one damaged bit in a root would
 * accuse an honest host of a second ledger.
 */
#include "base/sentences.h"
#include "book_state.h"

#include <string.h>

RESULT book_write_roots(struct book *book, struct reason *reason)
{
    struct roots *roots = &book->roots;
    if (!roots->changed)
        return RESULT_OK;
    const struct hash hash = hash_of(slice_make(roots->roots, roots->count * HASH_SIZE));
    CLEANUP_QUERY struct query query = book_query(book, PUT_ROOTS, reason);
    query_number(&query, (int64_t)roots->number);
    query_bytes(&query, roots->roots, roots->count * HASH_SIZE);
    query_bytes(&query, hash.bytes, HASH_SIZE);
    TRY(query_run(&query, NULL));
    roots->changed = false;
    return RESULT_OK;
}

static RESULT take_piece(struct roots *roots, const struct query *row, struct reason *reason)
{
    struct hash hash = {0};
    const struct slice stored = column_slice(row, 0);
    const struct hash found = hash_of(stored);
    TRY(column_exactly(row, 1, hash.bytes, HASH_SIZE));
    if (!hash_equal(&found, &hash))
        return reason_say(reason, FAIL(STORE_CORRUPT),
                          _("the roots that were audited are damaged; move the file away, and audit the whole ledger"));
    ENSURE(stored.size > 0 && stored.size % HASH_SIZE == 0 && stored.size <= sizeof roots->roots, STORE_CORRUPT);
    memcpy(roots->roots, stored.data, stored.size);
    roots->count = stored.size / HASH_SIZE;
    return RESULT_OK;
}

static RESULT read_piece(struct book *book, uint64_t number, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = book_query(book, ROOTS, reason);
    query_number(&query, (int64_t)number);
    TRY(query_step(&query, &row));
    book->roots.number = number;
    book->roots.count = 0;
    return row ? take_piece(&book->roots, &query, reason) : RESULT_OK;
}

/* The piece with the root of that size. */
static RESULT load_piece(struct book *book, uint64_t size, struct reason *reason)
{
    const uint64_t number = (size - 1) / ROOTS_IN_PIECE;
    if (book->roots.loaded && book->roots.number == number)
        return RESULT_OK;
    TRY(book_write_roots(book, reason));
    book->roots.loaded = false;
    TRY(read_piece(book, number, reason));
    book->roots.loaded = true;
    return RESULT_OK;
}

RESULT book_add_root(struct book *book, uint64_t size, const struct hash *root, struct reason *reason)
{
    struct roots *roots = &book->roots;
    TRY(load_piece(book, size, reason));
    ENSURE(roots->count == (size - 1) % ROOTS_IN_PIECE, STORE_CORRUPT);
    roots->roots[roots->count++] = *root;
    roots->changed = true;
    return RESULT_OK;
}

RESULT book_root(struct book *book, uint64_t size, struct hash *ret_root, struct reason *reason)
{
    ENSURE(size > 0, STORE_CORRUPT);
    TRY(load_piece(book, size, reason));
    const uint64_t place = (size - 1) % ROOTS_IN_PIECE;
    ENSURE(place < book->roots.count, STORE_CORRUPT);
    *ret_root = book->roots.roots[place];
    return RESULT_OK;
}

RESULT book_audited(struct book *book, uint64_t size, seconds *ret_made, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query =
        query_once(&book->database, "SELECT made FROM audit WHERE size >= ? ORDER BY size LIMIT 1", reason);
    query_number(&query, (int64_t)size);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    *ret_made = column_number(&query, 0);
    return RESULT_OK;
}

RESULT book_forget_ledger(struct book *book, struct reason *reason)
{
    book->roots = (struct roots){.loaded = false};
    return database_run(&book->database, "DELETE FROM roots; DELETE FROM audit", reason);
}
