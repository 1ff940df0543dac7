/*
 * Seats in the audit's book of which nobody knows whether their host still counts them; see book.h.
 *
 * Always: a row of `doubt` has a holding; a lease that was shown takes the doubt away.
 */
#include "book_state.h"

static RESULT doubt_between(struct book *book, uint64_t first, uint64_t last, struct reason *reason)
{
    CLEANUP_QUERY struct query query = book_query(book, PUT_DOUBTS, reason);
    query_number(&query, book->moment);
    query_number(&query, (int64_t)first);
    query_number(&query, (int64_t)last);
    book->has_doubt = true;
    return query_run(&query, NULL);
}

RESULT book_doubt_all(struct book *book, struct reason *reason)
{
    return doubt_between(book, 0, INT64_MAX, reason);
}

RESULT book_doubt_lost(struct book *book, struct reason *reason)
{
    for (size_t i = 0; i < book->ledger_count; i++) {
        const struct book_ledger *const ledger = &book->ledgers[i];
        if (ledger->has_end && ledger->size > ledger->end_size)
            TRY(doubt_between(book, book_place_of(i, ledger->end_size), book_place_of(i, ledger->size) - 1, reason));
    }
    return RESULT_OK;
}

RESULT book_trust(struct book *book, size_t license, const struct machine_id *machine, struct reason *reason)
{
    if (!book->has_doubt)
        return RESULT_OK;
    CLEANUP_QUERY struct query query = book_query(book, END_DOUBT, reason);
    query_bytes(&query, machine->bytes, MACHINE_ID_SIZE);
    query_number(&query, (int64_t)license);
    return query_run(&query, NULL);
}

RESULT book_doubted(struct book *book, size_t license, uint64_t *ret_count, struct reason *reason)
{
    bool row;
    *ret_count = 0;
    if (!book->has_doubt)
        return RESULT_OK;
    CLEANUP_QUERY struct query query = book_query(book, COUNT_DOUBTS, reason);
    query_number(&query, (int64_t)license);
    query_number(&query, book->moment);
    TRY(query_step(&query, &row));
    return column_unsigned(&query, 0, ret_count);
}

RESULT book_find_doubt(struct book *book, struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&book->database, "SELECT 1 FROM doubt LIMIT 1", reason);
    return query_step(&query, &book->has_doubt);
}
