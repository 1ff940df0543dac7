/* What a book holds in memory; see book.h. */
#ifndef DESK_AUDIT_BOOK_STATE_H
#define DESK_AUDIT_BOOK_STATE_H

#include "desk/audit/book.h"
#include "sqlite/query.h"

enum statement {
    FIND,
    PUT,
    END,
    PUT_NUMBER,
    NEXT_END,
    ENDED,
    PUT_MONTH,
    ROOTS,
    PUT_ROOTS,
    FIND_ELSEWHERE,
    PUT_ELSEWHERE,
    PUT_DOUBTS,
    PUT_DOUBT,
    END_DOUBT,
    COUNT_DOUBTS,
    PUT_RETURN,
    RETURNS,
    STATEMENTS
};

/* Seats of one license. */
struct seats {
    size_t product; /* the number of the first license for the same */
    uint64_t held;
    uint64_t outstanding;      /* machines with a lease that has not ended, given back or not */
    uint64_t machines;         /* that held a seat at any moment of the current month */
    uint64_t peak;             /* of those held, in the current month */
    uint64_t outstanding_peak; /* the same */
};

/*
 * Roots lie in the file in pieces of as many as fit on one of its pages: piece n of a ledger has those of sizes
 * base + n * ROOTS_IN_PIECE + 1 and on. Its number is the ledger's and its own, in one.
 */
enum { ROOTS_IN_PIECE = 120, PIECES_KEPT = 64, PIECE_BITS = 44 };

struct piece {
    bool loaded;
    uint64_t number;
    size_t count;
    struct hash roots[ROOTS_IN_PIECE];
};

/* The piece of a ledger's roots that is added to. */
struct growing {
    struct piece piece;
    bool changed; /* it is not in the file yet */
};

/* NULL: none was added to. */
struct grown {
    struct growing *growing;
};

struct book {
    struct database database;
    sqlite3_stmt *statements[STATEMENTS];
    struct seats *seats;
    size_t license_count;
    struct book_ledger *ledgers;
    struct grown *grown; /* of each ledger */
    size_t ledger_count;
    size_t open_ledger; /* the one that is audited */
    seconds moment;
    seconds next_end; /* no seat and no lease ends in (moment, next_end) */
    int month;        /* of `moment` */
    seconds month_start;
    struct piece kept[PIECES_KEPT]; /* read before; each has one place, by its number */
    bool partial;
    bool has_elsewhere; /* there are rows in that table, */
    bool has_doubt;     /* and in that one */
    bool settled;
    seconds settled_moment;
    bool settled_partial;
};

/* The seats of the next license. NO_MEMORY. */
RESULT book_add_seats(struct book *book, const struct seats *added);
/* Whoever holds a seat now is a machine of the current month, and what is held and outstanding now counts there. */
void seats_keep_peaks(struct seats *seats);
/* Sets the current month. */
void book_set_month(struct book *book, int month);
/* Writes the current month's rows. */
RESULT book_write_month(struct book *book, struct reason *reason);
/* Writes what roots were added, what is known of each ledger, and that all of them were audited then. */
RESULT book_write_roots(struct book *book, struct reason *reason);
RESULT book_write_ledgers(struct book *book, struct reason *reason);
RESULT book_write_audits(struct book *book, seconds made, struct reason *reason);
/* Reads what is known of each ledger, and forgets it. */
RESULT book_load_ledgers(struct book *book, struct reason *reason);
void book_free_ledgers(struct book *book);
/* The name of the leaf whose root was added last. */
uint64_t book_place(const struct book *book);
/* How many leaves of a ledger the host of the open one must know, as far as first leaves tell: those up to its end that
 * were still found, where it led to that, and none where it did not, or nothing was found of an epoch between the two.
 * And whether a leaf so named is none of them. */
uint64_t book_known_size(const struct book *book, size_t number);
bool book_place_lost(const struct book *book, uint64_t place);
/* The name of that leaf of a ledger. */
uint64_t book_place_of(size_t ledger, uint64_t index);
/* The host of a leaf so named: the number of the first ledger of that host. */
size_t book_place_host(const struct book *book, uint64_t place);
/* The machine has got a lease that holds its seat to the end: it is in doubt no more. */
RESULT book_trust(struct book *book, size_t license, const struct machine_id *machine, struct reason *reason);
/* Reads whether any is in doubt. */
RESULT book_find_doubt(struct book *book, struct reason *reason);
/* One run of a statement of the list. */
struct query book_query(struct book *book, enum statement which, struct reason *reason);

#endif
