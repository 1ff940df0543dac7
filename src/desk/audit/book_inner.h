/* What the files of the audit's book share; see book.h. */
#ifndef DESK_AUDIT_BOOK_INNER_H
#define DESK_AUDIT_BOOK_INNER_H

#include "book_database.h"
#include "desk/audit/book.h"

enum statement { FIND, PUT, END, NEXT_END, ENDED, PUT_MONTH, STATEMENTS };

/* Seats of one license. */
struct seats {
    uint64_t held;
    uint64_t machines; /* that held one at any moment of the current month */
    uint64_t peak;     /* of the current month */
};

struct book {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    struct seats *seats;
    size_t license_count;
    seconds moment;
    seconds next_end; /* no holding ends in (moment, next_end) */
    int month;        /* of `moment` */
    seconds month_start;
};

/* Sets the current month. */
void book_set_month(struct book *book, int month);
/* Writes the current month's rows. */
RESULT book_write_month(struct book *book);

#endif
