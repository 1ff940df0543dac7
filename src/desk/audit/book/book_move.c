/*
 * The audit's book: a license takes the place of another. See book.h.
 *
 * Always: a machine that has holdings under both has one afterwards, with what was later of each.
 */
#include "book_state.h"

/* A seat that has ended is none of the other license's, so where it ended in this month the machine is none of that
 * license's machines yet: it is taken to have ended when the month began. */
static const char MOVE_HOLDINGS[] =
    "INSERT INTO holding SELECT machine, ?2, issued, CASE WHEN ends > ?3 THEN ends ELSE min(ends, ?4) END, expires,"
    " number, place, hardware, renewed, freed FROM holding WHERE license = ?1"
    " ON CONFLICT (machine, license) DO UPDATE SET"
    "  hardware = CASE WHEN excluded.issued > issued THEN excluded.hardware ELSE hardware END,"
    "  renewed = CASE WHEN excluded.issued > issued THEN excluded.renewed ELSE renewed END,"
    "  freed = CASE WHEN excluded.ends > ends THEN excluded.freed ELSE freed END,"
    "  place = CASE WHEN excluded.number > number THEN excluded.place ELSE place END,"
    "  number = max(number, excluded.number), issued = max(issued, excluded.issued),"
    "  ends = max(ends, excluded.ends), expires = max(expires, excluded.expires)";
static const char FORGET_HOLDINGS[] = "DELETE FROM holding WHERE license = ?1 AND license <> ?2";
static const char MOVE_ELSEWHERE[] =
    "INSERT INTO elsewhere SELECT machine, ?2, host, number, place FROM elsewhere WHERE license = ?1"
    " ON CONFLICT (machine, license, host) DO UPDATE SET"
    "  place = CASE WHEN excluded.number > number THEN excluded.place ELSE place END,"
    "  number = max(number, excluded.number)";
/* A seat that is not held any more is in no doubt. */
static const char END_DOUBTS[] =
    "DELETE FROM doubt WHERE license IN (?1, ?2) AND EXISTS (SELECT 1 FROM holding"
    " WHERE holding.machine = doubt.machine AND holding.license = doubt.license AND ends <= ?3)";
static const char MOVE_DOUBTS[] =
    "INSERT OR IGNORE INTO doubt (machine, license) SELECT machine, ?2 FROM doubt WHERE license = ?1";
static const char FORGET_DOUBTS[] = "DELETE FROM doubt WHERE license = ?1 AND license <> ?2";
static const char FORGET_ELSEWHERE[] = "DELETE FROM elsewhere WHERE license = ?1 AND license <> ?2";

static RESULT end_doubts(struct book *book, size_t from, size_t to, struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&book->database, END_DOUBTS, reason);
    query_number(&query, (int64_t)from);
    query_number(&query, (int64_t)to);
    query_number(&query, book->moment);
    return query_run(&query, NULL);
}

static RESULT run(struct book *book, const char *sql, size_t from, size_t to, struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&book->database, sql, reason);
    query_number(&query, (int64_t)from);
    query_number(&query, (int64_t)to);
    return query_run(&query, NULL);
}

static RESULT move_holdings(struct book *book, size_t from, size_t to, struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&book->database, MOVE_HOLDINGS, reason);
    query_number(&query, (int64_t)from);
    query_number(&query, (int64_t)to);
    query_number(&query, book->moment);
    query_number(&query, book->month_start);
    return query_run(&query, NULL);
}

/* While both have their holdings. */
static RESULT move_doubts(struct book *book, size_t from, size_t to, struct reason *reason)
{
    if (!book->has_doubt)
        return RESULT_OK;
    TRY(end_doubts(book, from, to, reason));
    TRY(run(book, MOVE_DOUBTS, from, to, reason));
    return run(book, FORGET_DOUBTS, from, to, reason);
}

/* Of the machines that hold a seat, those that come as new ones of this month. */
static RESULT count_machines(struct book *book, size_t from, size_t to, struct reason *reason)
{
    static const char SQL[] =
        "SELECT count(*) FROM holding AS one WHERE license = ? AND ends > ? AND NOT EXISTS"
        " (SELECT 1 FROM holding AS other WHERE machine = one.machine AND license = ? AND ends > ?)";
    bool row;
    uint64_t machines = 0;
    CLEANUP_QUERY struct query query = query_once(&book->database, SQL, reason);
    query_number(&query, (int64_t)from);
    query_number(&query, book->moment);
    query_number(&query, (int64_t)to);
    query_number(&query, book->month_start);
    TRY(query_step(&query, &row));
    TRY(column_unsigned(&query, 0, &machines));
    book->seats[to].machines += machines;
    return RESULT_OK;
}

static RESULT count_seats(struct book *book, size_t license, struct reason *reason)
{
    static const char SQL[] = "SELECT (SELECT count(*) FROM holding WHERE ends > ?1 AND license = ?2),"
                              " (SELECT count(*) FROM holding WHERE expires > ?1 AND license = ?2)";
    bool row;
    CLEANUP_QUERY struct query query = query_once(&book->database, SQL, reason);
    query_number(&query, book->moment);
    query_number(&query, (int64_t)license);
    TRY(query_step(&query, &row));
    TRY(column_unsigned(&query, 0, &book->seats[license].held));
    return column_unsigned(&query, 1, &book->seats[license].outstanding);
}

RESULT book_move(struct book *book, size_t from, size_t to, struct reason *reason)
{
    struct seats *const left = &book->seats[from];
    struct seats *const right = &book->seats[to];
    TRY(count_machines(book, from, to, reason));
    TRY(move_doubts(book, from, to, reason));
    TRY(move_holdings(book, from, to, reason));
    TRY(run(book, FORGET_HOLDINGS, from, to, reason));
    TRY(run(book, MOVE_ELSEWHERE, from, to, reason));
    TRY(run(book, FORGET_ELSEWHERE, from, to, reason));
    TRY(count_seats(book, to, reason));
    left->held = 0;
    left->outstanding = 0;
    /* With the first second of a month nothing is left in it. */
    if (book->moment == book->month_start)
        *left = (struct seats){.product = left->product};
    if (right->peak < right->held)
        right->peak = right->held;
    if (right->outstanding_peak < right->outstanding)
        right->outstanding_peak = right->outstanding;
    return RESULT_OK;
}
