/* What a book holds in memory: its statements and the seats of its licenses; see book_state.h. */
#include "book_state.h"

#include <stdlib.h>

static const char *const STATEMENT_TEXTS[STATEMENTS] = {
    [FIND] = "SELECT license, issued, ends, nonce, lock, hardware FROM holding WHERE machine = ?1",
    [PUT] = "INSERT OR REPLACE INTO holding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [END] = "UPDATE holding SET ends = ?3 WHERE machine = ?1 AND license = ?2",
    [NEXT_END] = "SELECT min(ends) FROM holding WHERE ends > ?1",
    [ENDED] = "SELECT license, count(*) FROM holding WHERE ends > ?1 AND ends <= ?2 GROUP BY license",
    [PUT_MONTH] = "INSERT OR REPLACE INTO month (license, month, machines, peak) VALUES (?1, ?2, ?3, ?4)",
    [ROOTS] = "SELECT roots FROM roots WHERE piece = ?1",
    [PUT_ROOTS] = "INSERT OR REPLACE INTO roots (piece, roots) VALUES (?1, ?2)",
};

struct query book_query(struct book *book, enum statement which, struct reason *reason)
{
    return query_kept(&book->database, &book->statements[which], STATEMENT_TEXTS[which], reason);
}

RESULT book_add_seats(struct book *book, const struct seats *added)
{
    struct seats *const seats = realloc(book->seats, (book->license_count + 1) * sizeof *seats);
    ENSURE(seats != NULL, NO_MEMORY);
    seats[book->license_count++] = *added;
    book->seats = seats;
    return RESULT_OK;
}
