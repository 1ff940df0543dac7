/*
 * The ledgers in the audit's book: their roots, and when each audit was made. See book.h.
 *
 * Always: every piece of a ledger's roots but the last is full. Each is stored with its hash: one damaged bit in a root
 * would accuse an honest host of a second ledger.
 */
#include "base/sentences.h"
#include "book_state.h"
#include "core/tlog/merkle.h"

#include <stdlib.h>
#include <string.h>

/* Pieces */

static uint64_t piece_number(size_t ledger, uint64_t place)
{
    return (uint64_t)ledger << PIECE_BITS | place / ROOTS_IN_PIECE;
}

static struct piece *piece_kept(struct roots *roots, uint64_t number)
{
    return &roots->kept[number % PIECES_KEPT];
}

RESULT book_write_roots(struct book *book, struct reason *reason)
{
    struct roots *roots = &book->roots;
    const struct piece *last = &roots->last;
    if (!roots->changed)
        return RESULT_OK;
    const struct hash hash = hash_of(slice_make(last->roots, last->count * HASH_SIZE));
    CLEANUP_QUERY struct query query = book_query(book, PUT_ROOTS, reason);
    query_number(&query, (int64_t)last->number);
    query_bytes(&query, last->roots, last->count * HASH_SIZE);
    query_bytes(&query, hash.bytes, HASH_SIZE);
    TRY(query_run(&query, NULL));
    roots->changed = false;
    return RESULT_OK;
}

static RESULT take_piece(struct piece *piece, const struct query *row, struct reason *reason)
{
    struct hash hash = {0};
    const struct slice stored = column_slice(row, 0);
    const struct hash found = hash_of(stored);
    TRY(column_exactly(row, 1, hash.bytes, HASH_SIZE));
    if (!hash_equal(&found, &hash))
        return reason_say(reason, FAIL(STORE_CORRUPT),
                          _("the roots that were audited are damaged; move the file away, and audit the whole ledger"));
    ENSURE(stored.size > 0 && stored.size % HASH_SIZE == 0 && stored.size <= sizeof piece->roots, STORE_CORRUPT);
    memcpy(piece->roots, stored.data, stored.size);
    piece->count = stored.size / HASH_SIZE;
    return RESULT_OK;
}

/* From the file; one that is not there is empty. */
static RESULT read_piece(struct book *book, uint64_t number, struct piece *piece, struct reason *reason)
{
    bool row;
    piece->loaded = false;
    piece->number = number;
    piece->count = 0;
    CLEANUP_QUERY struct query query = book_query(book, ROOTS, reason);
    query_number(&query, (int64_t)number);
    TRY(query_step(&query, &row));
    if (row)
        TRY(take_piece(piece, &query, reason));
    piece->loaded = true;
    return RESULT_OK;
}

static bool is_loaded(const struct piece *piece, uint64_t number)
{
    return piece->loaded && piece->number == number;
}

/* Makes it the one that is added to. */
static RESULT load_last(struct book *book, uint64_t number, struct reason *reason)
{
    struct roots *roots = &book->roots;
    if (is_loaded(&roots->last, number))
        return RESULT_OK;
    TRY(book_write_roots(book, reason));
    TRY(read_piece(book, number, &roots->last, reason));
    piece_kept(roots, number)->loaded = false; /* which may be this one, as it was */
    return RESULT_OK;
}

/* For reading alone. Borrowed until the next call. */
static RESULT find_piece(struct book *book, uint64_t number, const struct piece **ret_piece, struct reason *reason)
{
    struct roots *roots = &book->roots;
    struct piece *kept = piece_kept(roots, number);
    if (is_loaded(&roots->last, number)) {
        *ret_piece = &roots->last;
        return RESULT_OK;
    }
    if (!is_loaded(kept, number))
        TRY(read_piece(book, number, kept, reason));
    *ret_piece = kept;
    return RESULT_OK;
}

/* Roots */

RESULT book_add_root(struct book *book, uint64_t size, const struct hash *root, struct reason *reason)
{
    struct book_ledger *ledger = &book->ledgers[book->open_ledger];
    struct piece *last = &book->roots.last;
    ENSURE(size == ledger->size + 1, STORE_CORRUPT);
    const uint64_t place = size - ledger->base - 1;
    TRY(load_last(book, piece_number(book->open_ledger, place), reason));
    ENSURE(last->count == place % ROOTS_IN_PIECE, STORE_CORRUPT);
    last->roots[last->count++] = *root;
    book->roots.changed = true;
    ledger->size = size;
    return RESULT_OK;
}

/* One that is there. */
static RESULT read_root(struct book *book, size_t number, uint64_t size, struct hash *ret_root, struct reason *reason)
{
    const uint64_t place = size - book->ledgers[number].base - 1;
    const struct piece *piece = NULL;
    TRY(find_piece(book, piece_number(number, place), &piece, reason));
    ENSURE(place % ROOTS_IN_PIECE < piece->count, STORE_CORRUPT);
    *ret_root = piece->roots[place % ROOTS_IN_PIECE];
    return RESULT_OK;
}

static size_t find_ledger(const struct book *book, uint64_t epoch)
{
    size_t number = 0;
    while (number < book->ledger_count && book->ledgers[number].epoch != epoch)
        number++;
    return number;
}

RESULT book_find_root(struct book *book, uint64_t epoch, uint64_t size, bool *ret_known, struct hash *ret_root,
                      struct reason *reason)
{
    static const struct frontier EMPTY = {0};
    const size_t number = find_ledger(book, epoch);
    *ret_known = false;
    if (number == book->ledger_count)
        return RESULT_OK;
    const struct book_ledger *ledger = &book->ledgers[number];
    const bool is_end = ledger->has_end && size == ledger->end_size;
    const bool is_there = size > ledger->base && size <= ledger->size;
    if (is_there)
        TRY(read_root(book, number, size, ret_root, reason));
    else if (is_end)
        *ret_root = ledger->end_root;
    else if (size == 0)
        *ret_root = frontier_root(&EMPTY);
    *ret_known = is_there || is_end || size == 0;
    return RESULT_OK;
}

RESULT book_root(struct book *book, uint64_t size, struct hash *ret_root, struct reason *reason)
{
    const struct book_ledger *ledger = &book->ledgers[book->open_ledger];
    ENSURE(size > ledger->base && size <= ledger->size, STORE_CORRUPT);
    return read_root(book, book->open_ledger, size, ret_root, reason);
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

/* Ledgers */

static RESULT add_ledger(struct book *book, const struct book_ledger *added)
{
    struct book_ledger *const ledgers = realloc(book->ledgers, (book->ledger_count + 1) * sizeof *ledgers);
    ENSURE(ledgers != NULL, NO_MEMORY);
    ledgers[book->ledger_count++] = *added;
    book->ledgers = ledgers;
    return RESULT_OK;
}

RESULT book_open_ledger(struct book *book, uint64_t epoch, uint64_t base, struct reason *reason)
{
    const struct book_ledger fresh = {.epoch = epoch, .base = base, .size = base};
    book->open_ledger = find_ledger(book, epoch);
    if (book->open_ledger < book->ledger_count)
        return RESULT_OK;
    TRY(add_ledger(book, &fresh));
    return database_run(&book->database, "DELETE FROM audit", reason); /* they were of another one */
}

size_t book_ledger_count(const struct book *book)
{
    return book->ledger_count;
}

const struct book_ledger *book_ledger_at(const struct book *book, size_t number)
{
    return &book->ledgers[number];
}

const struct book_ledger *book_ledger(const struct book *book, uint64_t epoch)
{
    const size_t number = find_ledger(book, epoch);
    return number < book->ledger_count ? &book->ledgers[number] : NULL;
}

static void end_ledger(struct book_ledger *ledger, uint64_t size, const struct hash *root)
{
    ledger->has_end = true;
    ledger->end_size = size;
    ledger->end_root = *root;
}

/* Where the book has nothing of it, it begins empty. */
static RESULT find_or_add(struct book *book, uint64_t epoch, size_t *ret_number)
{
    *ret_number = find_ledger(book, epoch);
    return *ret_number < book->ledger_count ? RESULT_OK : add_ledger(book, &(struct book_ledger){.epoch = epoch});
}

RESULT book_end_ledger(struct book *book, uint64_t epoch, uint64_t size, const struct hash *root)
{
    static const struct frontier EMPTY = {0};
    const struct hash nothing = frontier_root(&EMPTY);
    size_t number = 0;
    TRY(find_or_add(book, epoch, &number));
    end_ledger(&book->ledgers[number], size, root);
    struct book_ledger *open = &book->ledgers[book->open_ledger];
    open->previous = epoch;
    for (size_t i = 0; i < book->ledger_count; i++)
        if (book->ledgers[i].epoch > epoch && book->ledgers[i].epoch < open->epoch)
            end_ledger(&book->ledgers[i], 0, &nothing);
    return RESULT_OK;
}

bool book_told_end(const struct book *book, uint64_t epoch, uint64_t *ret_size)
{
    const struct book_ledger *ledger = &book->ledgers[book->open_ledger];
    while (ledger != NULL && ledger->previous > epoch)
        ledger = book_ledger(book, ledger->previous);
    if (ledger == NULL || ledger->previous == 0 || ledger->epoch <= epoch)
        return false;
    const struct book_ledger *ended = book_ledger(book, epoch);
    *ret_size = ended != NULL && ended->has_end ? ended->end_size : 0;
    return true;
}

RESULT book_saw(struct book *book, uint64_t epoch, uint64_t size)
{
    static const struct frontier EMPTY = {0};
    const struct hash nothing = frontier_root(&EMPTY);
    size_t number = 0;
    TRY(find_or_add(book, epoch, &number));
    struct book_ledger *ledger = &book->ledgers[number];
    if (!ledger->has_end)
        end_ledger(ledger, 0, &nothing);
    if (size > ledger->seen)
        ledger->seen = size;
    return RESULT_OK;
}

uint64_t book_ledger_lost(const struct book_ledger *ledger)
{
    const uint64_t known = ledger->seen > ledger->size ? ledger->seen : ledger->size;
    return ledger->has_end && known > ledger->end_size ? known - ledger->end_size : 0;
}

/* Places */

uint64_t book_place(const struct book *book)
{
    return (uint64_t)book->open_ledger << PIECE_BITS | (book->ledgers[book->open_ledger].size - 1);
}

bool book_place_lost(const struct book *book, uint64_t place)
{
    const uint64_t number = place >> PIECE_BITS;
    if (number >= book->ledger_count)
        return false;
    const struct book_ledger *ledger = &book->ledgers[number];
    return ledger->has_end && (place & ((UINT64_C(1) << PIECE_BITS) - 1)) >= ledger->end_size;
}

static RESULT put_ledger(struct book *book, size_t number, struct reason *reason)
{
    static const char SQL[] = "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    const struct book_ledger *ledger = &book->ledgers[number];
    CLEANUP_QUERY struct query query = query_once(&book->database, SQL, reason);
    query_number(&query, (int64_t)number);
    query_number(&query, (int64_t)ledger->epoch);
    query_number(&query, (int64_t)ledger->base);
    query_number(&query, (int64_t)ledger->size);
    if (ledger->has_end) {
        query_number(&query, (int64_t)ledger->end_size);
        query_bytes(&query, ledger->end_root.bytes, HASH_SIZE);
    } else {
        query_nothing(&query);
        query_nothing(&query);
    }
    query_number(&query, (int64_t)ledger->previous);
    query_number(&query, (int64_t)ledger->seen);
    return query_run(&query, NULL);
}

RESULT book_write_ledgers(struct book *book, struct reason *reason)
{
    for (size_t i = 0; i < book->ledger_count; i++)
        TRY(put_ledger(book, i, reason));
    return RESULT_OK;
}

static RESULT read_ledger(const struct query *row, struct book_ledger *ret_ledger)
{
    struct book_ledger ledger = {.has_end = !column_is_nothing(row, 4)};
    TRY(column_unsigned(row, 1, &ledger.epoch));
    TRY(column_unsigned(row, 2, &ledger.base));
    TRY(column_unsigned(row, 3, &ledger.size));
    ENSURE(ledger.base <= ledger.size, STORE_CORRUPT);
    if (ledger.has_end) {
        TRY(column_unsigned(row, 4, &ledger.end_size));
        TRY(column_exactly(row, 5, ledger.end_root.bytes, HASH_SIZE));
    }
    TRY(column_unsigned(row, 6, &ledger.previous));
    TRY(column_unsigned(row, 7, &ledger.seen));
    *ret_ledger = ledger;
    return RESULT_OK;
}

RESULT book_load_ledgers(struct book *book, struct reason *reason)
{
    static const char SQL[] = "SELECT number, epoch, base, size, end_size, end_root, previous, seen FROM ledger"
                              " ORDER BY number";
    bool row;
    CLEANUP_QUERY struct query query = query_once(&book->database, SQL, reason);
    TRY(query_step(&query, &row));
    while (row) {
        struct book_ledger ledger;
        ENSURE(column_number(&query, 0) == (int64_t)book->ledger_count, STORE_CORRUPT);
        TRY(read_ledger(&query, &ledger));
        TRY(add_ledger(book, &ledger));
        TRY(query_step(&query, &row));
    }
    return RESULT_OK;
}
