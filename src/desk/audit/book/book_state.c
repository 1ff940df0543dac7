/* What a book holds in memory: its statements and the seats of its licenses; see book_state.h. */
#include "book_state.h"

#include <stdlib.h>

static const char *const STATEMENT_TEXTS[STATEMENTS] = {
    [FIND] = "SELECT license, issued, ends, expires, number, hardware, place, renewed, freed FROM holding"
             " WHERE machine = ?1",
    [PUT] = "INSERT OR REPLACE INTO holding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
    [END] = "UPDATE holding SET ends = ?3, freed = ?4 WHERE machine = ?1 AND license = ?2",
    [PUT_NUMBER] = "INSERT INTO holding VALUES (?1, ?2, 0, 0, 0, ?3, ?4, x'', 0, 0)"
                   " ON CONFLICT DO UPDATE SET number = ?3, place = ?4, hardware = x''",
    [NEXT_END] = "SELECT min(next) FROM (SELECT min(ends) AS next FROM holding WHERE ends > ?1 UNION ALL"
                 " SELECT min(expires) FROM holding INDEXED BY given_back WHERE expires > ends AND expires > ?1)",
    /* Of each license, how many seats are free and how many leases have ended. Where a lease was given back the end of
     * its seat is not its own. */
    [ENDED] = "SELECT license, sum(seats), sum(leases) FROM ("
              "SELECT license, count(*) AS seats, count(*) AS leases FROM holding INDEXED BY holding_by_end"
              " WHERE ends > ?1 AND ends <= ?2 GROUP BY license"
              " UNION ALL SELECT license, 0, count(*) FROM holding INDEXED BY given_back"
              " WHERE expires > ends AND expires > ?1 AND expires <= ?2 GROUP BY license"
              " UNION ALL SELECT license, 0, -count(*) FROM holding INDEXED BY given_back_by_end"
              " WHERE expires > ends AND ends > ?1 AND ends <= ?2 GROUP BY license) GROUP BY license",
    [PUT_MONTH] = "INSERT OR REPLACE INTO month VALUES (?1, ?2, ?3, ?4, ?5)",
    [ROOTS] = "SELECT roots, hash FROM roots WHERE piece = ?1",
    [FIND_ELSEWHERE] = "SELECT license, number, place FROM elsewhere WHERE machine = ?1",
    [PUT_ELSEWHERE] = "INSERT INTO elsewhere VALUES (?1, ?2, ?3, ?4, ?5)"
                      " ON CONFLICT DO UPDATE SET number = ?4, place = ?5 WHERE number < ?4",
    [PUT_DOUBTS] = "INSERT OR IGNORE INTO doubt (machine, license) SELECT machine, license FROM holding"
                   " WHERE ends > ?1 AND place BETWEEN ?2 AND ?3",
    [PUT_DOUBT] = "INSERT OR IGNORE INTO doubt (license, machine) VALUES (?1, ?2)",
    [END_DOUBT] = "DELETE FROM doubt WHERE machine = ?1 AND license = ?2",
    [COUNT_DOUBTS] = "SELECT count(*) FROM doubt JOIN holding USING (machine, license)"
                     " WHERE doubt.license = ?1 AND holding.ends > ?2",
    [PUT_RETURN] = "INSERT INTO came_back VALUES (?1, ?2, ?3, ?4)",
    [RETURNS] = "SELECT place FROM came_back WHERE license = ?1 AND way = ?2 AND time > ?3",
    [PUT_ROOTS] = "INSERT OR REPLACE INTO roots (piece, roots, hash) VALUES (?1, ?2, ?3)",
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

static void keep_highest(uint64_t *highest, uint64_t value)
{
    if (value > *highest)
        *highest = value;
}

void seats_keep_peaks(struct seats *seats)
{
    keep_highest(&seats->machines, seats->held);
    keep_highest(&seats->peak, seats->held);
    keep_highest(&seats->outstanding_peak, seats->outstanding);
}
