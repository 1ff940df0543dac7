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

static struct piece *piece_kept(struct book *book, uint64_t number)
{
    return &book->kept[number % PIECES_KEPT];
}

static RESULT write_growing(struct book *book, struct growing *growing, struct reason *reason)
{
    const struct piece *piece = &growing->piece;
    const struct hash hash = hash_of(slice_make(piece->roots, piece->count * HASH_SIZE));
    CLEANUP_QUERY struct query query = book_query(book, PUT_ROOTS, reason);
    query_number(&query, (int64_t)piece->number);
    query_bytes(&query, piece->roots, piece->count * HASH_SIZE);
    query_bytes(&query, hash.bytes, HASH_SIZE);
    TRY(query_run(&query, NULL));
    growing->changed = false;
    return RESULT_OK;
}

RESULT book_write_roots(struct book *book, struct reason *reason)
{
    for (size_t i = 0; i < book->ledger_count; i++)
        if (book->grown[i].growing != NULL && book->grown[i].growing->changed)
            TRY(write_growing(book, book->grown[i].growing, reason));
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
static RESULT load_growing(struct book *book, uint64_t number, struct growing **ret_growing, struct reason *reason)
{
    struct growing **place = &book->grown[number >> PIECE_BITS].growing;
    if (*place == NULL)
        *place = calloc(1, sizeof **place);
    struct growing *growing = *place;
    ENSURE(growing != NULL, NO_MEMORY);
    *ret_growing = growing;
    if (is_loaded(&growing->piece, number))
        return RESULT_OK;
    if (growing->changed)
        TRY(write_growing(book, growing, reason));
    TRY(read_piece(book, number, &growing->piece, reason));
    piece_kept(book, number)->loaded = false; /* which may be this one, as it was */
    return RESULT_OK;
}

/* For reading alone. Borrowed until the next call. */
static RESULT find_piece(struct book *book, uint64_t number, const struct piece **ret_piece, struct reason *reason)
{
    const struct growing *growing = book->grown[number >> PIECE_BITS].growing;
    struct piece *kept = piece_kept(book, number);
    if (growing != NULL && is_loaded(&growing->piece, number)) {
        *ret_piece = &growing->piece;
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
    struct growing *growing = NULL;
    ENSURE(size == ledger->size + 1, STORE_CORRUPT);
    const uint64_t place = size - ledger->base - 1;
    TRY(load_growing(book, piece_number(book->open_ledger, place), &growing, reason));
    ENSURE(growing->piece.count == place % ROOTS_IN_PIECE, STORE_CORRUPT);
    growing->piece.roots[growing->piece.count++] = *root;
    growing->changed = true;
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

static size_t find_ledger(const struct book *book, const char *host, uint64_t epoch)
{
    size_t number = 0;
    while (number < book->ledger_count &&
           (book->ledgers[number].epoch != epoch || strcmp(book->ledgers[number].host, host) != 0))
        number++;
    return number;
}

static const char *open_host(const struct book *book)
{
    return book->ledgers[book->open_ledger].host;
}

RESULT book_find_root(struct book *book, uint64_t epoch, uint64_t size, bool *ret_known, struct hash *ret_root,
                      struct reason *reason)
{
    static const struct frontier EMPTY = {0};
    const size_t number = find_ledger(book, open_host(book), epoch);
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
    CLEANUP_QUERY struct query query = query_once(
        &book->database, "SELECT made FROM audit WHERE ledger = ? AND size >= ? ORDER BY size LIMIT 1", reason);
    query_number(&query, (int64_t)book->open_ledger);
    query_number(&query, (int64_t)size);
    TRY(query_step(&query, &row));
    if (row)
        *ret_made = column_number(&query, 0);
    return RESULT_OK;
}

/* Ledgers */

static RESULT add_ledger(struct book *book, const struct book_ledger *added)
{
    const size_t count = book->ledger_count + 1;
    struct book_ledger *const ledgers = realloc(book->ledgers, count * sizeof *ledgers);
    ENSURE(ledgers != NULL, NO_MEMORY);
    book->ledgers = ledgers;
    struct grown *const grown = realloc(book->grown, count * sizeof *grown);
    ENSURE(grown != NULL, NO_MEMORY);
    book->grown = grown;
    ledgers[book->ledger_count] = *added;
    grown[book->ledger_count].growing = NULL;
    book->ledger_count = count;
    return RESULT_OK;
}

void book_free_ledgers(struct book *book)
{
    for (size_t i = 0; i < book->ledger_count; i++)
        free(book->grown[i].growing);
    free(book->grown);
    free(book->ledgers);
    book->grown = NULL;
    book->ledgers = NULL;
    book->ledger_count = 0;
}

/* Where the book has nothing of it, it begins empty behind `base`. */
static RESULT find_or_add(struct book *book, const char *host, uint64_t epoch, uint64_t base, size_t *ret_number)
{
    struct book_ledger fresh = {.epoch = epoch, .base = base, .size = base};
    *ret_number = find_ledger(book, host, epoch);
    if (*ret_number < book->ledger_count)
        return RESULT_OK;
    TRY(slice_copy_text(slice_of(host), fresh.host, sizeof fresh.host));
    return add_ledger(book, &fresh);
}

RESULT book_open_ledger(struct book *book, const char *host, uint64_t epoch, uint64_t base, size_t *ret_number)
{
    TRY(find_or_add(book, host, epoch, base, ret_number));
    book_turn_to(book, *ret_number);
    return RESULT_OK;
}

void book_turn_to(struct book *book, size_t number)
{
    book->open_ledger = number;
}

size_t book_ledger_count(const struct book *book)
{
    return book->ledger_count;
}

const struct book_ledger *book_ledger_at(const struct book *book, size_t number)
{
    return &book->ledgers[number];
}

const struct book_ledger *book_ledger(const struct book *book, const char *host, uint64_t epoch)
{
    const size_t number = find_ledger(book, host, epoch);
    return number < book->ledger_count ? &book->ledgers[number] : NULL;
}

const struct book_ledger *book_ledger_before(const struct book *book, const char *host, uint64_t epoch)
{
    const struct book_ledger *before = NULL;
    for (size_t i = 0; i < book->ledger_count; i++) {
        const struct book_ledger *ledger = &book->ledgers[i];
        if (ledger->is_signed && ledger->epoch < epoch && strcmp(ledger->host, host) == 0 &&
            (before == NULL || ledger->epoch > before->epoch))
            before = ledger;
    }
    return before;
}

void book_set_time(struct book *book, seconds moment)
{
    book->ledgers[book->open_ledger].moment = moment;
}

void book_sign(struct book *book, uint64_t size, const struct hash *root)
{
    struct book_ledger *ledger = &book->ledgers[book->open_ledger];
    if (ledger->is_signed && ledger->signed_size > size)
        return;
    ledger->is_signed = true;
    ledger->signed_size = size;
    ledger->signed_root = *root;
}

static void end_ledger(struct book_ledger *ledger, uint64_t size, uint64_t found, const struct hash *root)
{
    ledger->has_end = true;
    ledger->end_size = size;
    ledger->end_found = found;
    ledger->end_root = *root;
}

RESULT book_end_ledger(struct book *book, uint64_t epoch, uint64_t size, uint64_t found, const struct hash *root)
{
    static const struct frontier EMPTY = {0};
    const struct hash nothing = frontier_root(&EMPTY);
    size_t number = 0;
    TRY(find_or_add(book, open_host(book), epoch, 0, &number));
    end_ledger(&book->ledgers[number], size, found, root);
    struct book_ledger *open = &book->ledgers[book->open_ledger];
    open->previous = epoch;
    for (size_t i = 0; i < book->ledger_count; i++) {
        struct book_ledger *between = &book->ledgers[i];
        if (between->epoch > epoch && between->epoch < open->epoch && strcmp(between->host, open->host) == 0)
            end_ledger(between, 0, 0, &nothing);
    }
    return RESULT_OK;
}

bool book_told_end(const struct book *book, uint64_t epoch, uint64_t *ret_size)
{
    const struct book_ledger *ledger = &book->ledgers[book->open_ledger];
    while (ledger != NULL && ledger->previous > epoch)
        ledger = book_ledger(book, ledger->host, ledger->previous);
    if (ledger == NULL || ledger->previous == 0 || ledger->epoch <= epoch)
        return false;
    const struct book_ledger *ended = book_ledger(book, ledger->host, epoch);
    *ret_size = ended != NULL && ended->has_end ? ended->end_size : 0;
    return true;
}

RESULT book_saw(struct book *book, uint64_t epoch, uint64_t size)
{
    static const struct frontier EMPTY = {0};
    const struct hash nothing = frontier_root(&EMPTY);
    size_t number = 0;
    TRY(find_or_add(book, open_host(book), epoch, 0, &number));
    struct book_ledger *ledger = &book->ledgers[number];
    if (!ledger->has_end)
        end_ledger(ledger, 0, 0, &nothing);
    if (size > ledger->seen)
        ledger->seen = size;
    return RESULT_OK;
}

uint64_t book_ledger_lost(const struct book_ledger *ledger)
{
    const uint64_t known = ledger->seen > ledger->size ? ledger->seen : ledger->size;
    return ledger->has_end && known > ledger->end_size ? known - ledger->end_size : 0;
}

static uint64_t ledger_kept(const struct book_ledger *ledger)
{
    return ledger->end_found < ledger->end_size ? ledger->end_found : ledger->end_size;
}

uint64_t book_ledger_unseen(const struct book_ledger *ledger)
{
    return ledger->has_end && ledger_kept(ledger) > ledger->size ? ledger_kept(ledger) - ledger->size : 0;
}

/* Places */

uint64_t book_place_of(size_t ledger, uint64_t index)
{
    return (uint64_t)ledger << PIECE_BITS | index;
}

uint64_t book_place(const struct book *book)
{
    return book_place_of(book->open_ledger, book->ledgers[book->open_ledger].size - 1);
}

size_t book_place_host(const struct book *book, uint64_t place)
{
    const size_t number = place >> PIECE_BITS;
    size_t first = 0;
    while (first < number && number < book->ledger_count &&
           strcmp(book->ledgers[first].host, book->ledgers[number].host) != 0)
        first++;
    return first;
}

/* Whether the first is the second, or led to it, as first leaves tell. Where nothing at all was found of an epoch
 * between them, its host went on with a copy of before that began, which may lack the end of each one before. */
static bool led_to(const struct book *book, const struct book_ledger *ledger, const struct book_ledger *open)
{
    const struct book_ledger *const last = open;
    while (open != NULL && open->epoch > ledger->epoch) {
        if (open != last && open->has_end && ledger_kept(open) == 0)
            return false;
        open = open->previous > 0 ? book_ledger(book, open->host, open->previous) : NULL;
    }
    return open == ledger;
}

uint64_t book_known_size(const struct book *book, size_t number)
{
    const struct book_ledger *const ledger = &book->ledgers[number];
    const struct book_ledger *const open = &book->ledgers[book->open_ledger];
    const bool is_here = strcmp(ledger->host, open->host) == 0;
    if (ledger == open || (!is_here && !ledger->has_end))
        return UINT64_MAX;
    if (!ledger->has_end || (is_here && !led_to(book, ledger, open)))
        return 0;
    return ledger_kept(ledger);
}

bool book_place_lost(const struct book *book, uint64_t place)
{
    const uint64_t number = place >> PIECE_BITS;
    return number < book->ledger_count &&
           (place & ((UINT64_C(1) << PIECE_BITS) - 1)) >= book_known_size(book, (size_t)number);
}

static void query_tree(struct query *query, bool is_known, uint64_t size, const struct hash *root)
{
    if (is_known) {
        query_number(query, (int64_t)size);
        query_bytes(query, root->bytes, HASH_SIZE);
    } else {
        query_nothing(query);
        query_nothing(query);
    }
}

static RESULT put_ledger(struct book *book, size_t number, struct reason *reason)
{
    static const char SQL[] = "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const struct book_ledger *ledger = &book->ledgers[number];
    CLEANUP_QUERY struct query query = query_once(&book->database, SQL, reason);
    query_number(&query, (int64_t)number);
    query_text(&query, ledger->host);
    query_number(&query, (int64_t)ledger->epoch);
    query_number(&query, (int64_t)ledger->base);
    query_number(&query, (int64_t)ledger->size);
    query_number(&query, ledger->moment);
    query_tree(&query, ledger->is_signed, ledger->signed_size, &ledger->signed_root);
    query_tree(&query, ledger->has_end, ledger->end_size, &ledger->end_root);
    query_number(&query, (int64_t)ledger->previous);
    query_number(&query, (int64_t)ledger->seen);
    query_number(&query, (int64_t)ledger->end_found);
    return query_run(&query, NULL);
}

/* What was counted of a ledger by an audit before keeps the time of that audit. */
static RESULT put_audit(struct book *book, size_t number, seconds made, struct reason *reason)
{
    CLEANUP_QUERY struct query query =
        query_once(&book->database, "INSERT OR IGNORE INTO audit (ledger, size, made) VALUES (?, ?, ?)", reason);
    query_number(&query, (int64_t)number);
    query_number(&query, (int64_t)book->ledgers[number].size);
    query_number(&query, made);
    return query_run(&query, NULL);
}

RESULT book_write_ledgers(struct book *book, struct reason *reason)
{
    for (size_t i = 0; i < book->ledger_count; i++)
        TRY(put_ledger(book, i, reason));
    return RESULT_OK;
}

RESULT book_write_audits(struct book *book, seconds made, struct reason *reason)
{
    for (size_t i = 0; i < book->ledger_count; i++)
        if (book->ledgers[i].is_signed)
            TRY(put_audit(book, i, made, reason));
    return RESULT_OK;
}

static RESULT read_tree(const struct query *row, int column, bool *ret_known, uint64_t *ret_size, struct hash *ret_root)
{
    *ret_known = !column_is_nothing(row, column);
    if (!*ret_known)
        return RESULT_OK;
    TRY(column_unsigned(row, column, ret_size));
    return column_exactly(row, column + 1, ret_root->bytes, HASH_SIZE);
}

static RESULT read_ledger(const struct query *row, struct book_ledger *ret_ledger)
{
    struct book_ledger ledger = {0};
    TRY(slice_copy_text(column_slice(row, 1), ledger.host, sizeof ledger.host));
    TRY(column_unsigned(row, 2, &ledger.epoch));
    TRY(column_unsigned(row, 3, &ledger.base));
    TRY(column_unsigned(row, 4, &ledger.size));
    ENSURE(ledger.base <= ledger.size, STORE_CORRUPT);
    ledger.moment = column_number(row, 5);
    TRY(read_tree(row, 6, &ledger.is_signed, &ledger.signed_size, &ledger.signed_root));
    TRY(read_tree(row, 8, &ledger.has_end, &ledger.end_size, &ledger.end_root));
    TRY(column_unsigned(row, 10, &ledger.previous));
    TRY(column_unsigned(row, 11, &ledger.seen));
    TRY(column_unsigned(row, 12, &ledger.end_found));
    *ret_ledger = ledger;
    return RESULT_OK;
}

RESULT book_load_ledgers(struct book *book, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = query_once(&book->database, "SELECT * FROM ledger ORDER BY number", reason);
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
