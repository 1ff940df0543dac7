/*
 * What an audit knows of each machine, seat and month while it walks along ledgers: a SQLite file, so that memory
 * stays the same however many machines there are.
 *
 * A book goes along with the time of the ledgers: every call about a machine means the moment of the last
 * book_advance(). A machine holds a seat from its lease until the latest end of its leases, or until it is released;
 * machines of a month are those that held a seat at any moment within it. A lease that was given back cannot be
 * un-issued: it is outstanding until it ends, and so is its machine.
 *
 * Of hardware digests the first bytes are kept, so that a machine takes less room: enough that no two are taken for
 * equal. The number that a machine signed last is kept under each license; the highest of one product counts for it.
 *
 * It also keeps the root of the ledger at every size that was audited, 32 bytes a leaf, so that any older or
 * overlapping export can be held against it, and whatever a machine says that it has seen; and when each audit was
 * made. Roots of ended epochs stay, since machines still speak of them. All that is one file, which is there as a whole
 * or not at all.
 *
 * A book holds the ledgers of all hosts that licenses join. One of them is open: what is said of a leaf, of roots and
 * of epochs without a host's name is said of it, or of its host.
 *
 * The file is not safe against a crash while it is being written, and needs not be: it is made anew for each audit,
 * from nothing or as a copy of the one kept of the audit before. What SQLite says of a failure goes to `reason`; every
 * function that takes one can fail with STORE_FAILED, STORE_CORRUPT and NO_MEMORY. For one thread.
 */
#ifndef DESK_AUDIT_BOOK_H
#define DESK_AUDIT_BOOK_H

#include "base/hash.h"
#include "base/reason.h"
#include "core/documents/documents.h"
#include "core/tlog/checkpoint.h"

struct book;

/* Makes an empty book in a new file; "": in a temporary file that goes with it. STORE_FAILED, NO_MEMORY. *ret_book is
 * yours. */
RESULT book_new(const char *path, struct book **ret_book, struct reason *reason);
/* The same with a copy of what is in the file `kept`. Also STORE_FOREIGN, STORE_NEWER. */
RESULT book_continue(const char *kept, const char *path, struct book **ret_book, struct reason *reason);
/* Takes NULL; leaves the file. */
void book_free(struct book *book);
void book_cleanup(struct book **book);
#define CLEANUP_BOOK __attribute__((cleanup(book_cleanup)))

/* What comes from here on is taken back by book_return(), all of it; where nothing was settled that does nothing. */
RESULT book_settle(struct book *book, struct reason *reason);
RESULT book_return(struct book *book, struct reason *reason);
bool book_is_settled(const struct book *book);
/* The moment up to which what it counts is final, and how many leaves of a ledger are. */
seconds book_final(const struct book *book);
uint64_t book_final_size(const struct book *book, size_t ledger);
/* Writes everything out, durably, and closes the book for more. `made`: when the audit was made. */
RESULT book_finish(struct book *book, seconds made, struct reason *reason);

/* The moment up to which everything is counted; 0: there was none. */
seconds book_moment(const struct book *book);
/* Whether leases from before are missing in it. Once they are, they are. */
bool book_is_partial(const struct book *book);
void book_set_partial(struct book *book);

/* One epoch of the ledger of one host. */
struct book_ledger {
    char host[KEY_NAME_SIZE]; /* as its key is named */
    uint64_t epoch;
    uint64_t base;         /* roots are there of larger sizes than this, */
    uint64_t size;         /* up to this one: so many leaves are counted */
    seconds moment;        /* the latest time in them; 0: none */
    uint64_t settled_size; /* `size` when the book was settled */
    /* The largest tree that was audited, as its host signed it. */
    bool is_signed;
    uint64_t signed_size;
    struct hash signed_root;
    /* How it ended, as the first leaf of a later epoch says; false: that is not known. */
    bool has_end;
    uint64_t end_size;
    struct hash end_root;
    uint64_t end_found; /* that its host still had then, where those are fewer */
    uint64_t previous;  /* the epoch that it follows, as its first leaf says; 0: that is not known */
    /* The largest that a machine has seen signed beyond that end; 0: none. */
    uint64_t seen;
};
/* How many of its entries are lost, at least: those audited or seen beyond its end. 0: none, as far as is known. */
uint64_t book_ledger_lost(const struct book_ledger *ledger);
/* How many leaves its host still had when it ended, as a later epoch tells, and were never audited: who operates the
 * host can export them. */
uint64_t book_ledger_unseen(const struct book_ledger *ledger);

/* Goes on with the ledger of that host and epoch: it is the open one. Where the book has none of it, its roots begin
 * behind `base`. */
RESULT book_open_ledger(struct book *book, const char *host, uint64_t epoch, uint64_t base, size_t *ret_number);
/* Makes one that was opened the open one again. */
void book_turn_to(struct book *book, size_t number);
/* Of how many ledgers the book knows, and each, in the order in which they came; borrowed until the next call. */
size_t book_ledger_count(const struct book *book);
const struct book_ledger *book_ledger_at(const struct book *book, size_t number);
/* That of a host and epoch, or NULL; and that of the latest epoch before it. */
const struct book_ledger *book_ledger(const struct book *book, const char *host, uint64_t epoch);
const struct book_ledger *book_ledger_before(const struct book *book, const char *host, uint64_t epoch);
/* The open ledger has gone on to that time, or back to it. */
void book_set_time(struct book *book, seconds moment);
/* The open ledger was audited, and its host has signed that tree. */
void book_sign(struct book *book, uint64_t size, const struct hash *root);
/* The open ledger follows that epoch, and says how it ended, and of how many leaves its host still had then. Of epochs
 * between the two nothing is left. NO_MEMORY. */
RESULT book_end_ledger(struct book *book, uint64_t epoch, uint64_t size, uint64_t found, const struct hash *root);
/* Whether the ledgers that led to the open one say where that epoch ended, and where: at 0 where they leave it out. */
bool book_told_end(const struct book *book, uint64_t epoch, uint64_t *ret_size);
/* A machine has seen it signed at that size, which is beyond its end. NO_MEMORY. */
RESULT book_saw(struct book *book, uint64_t epoch, uint64_t size);

/* The next root of the open ledger, in their order; STORE_CORRUPT where one is left out. */
RESULT book_add_root(struct book *book, uint64_t size, const struct hash *root, struct reason *reason);
/* One of the open ledger's roots. STORE_CORRUPT where the book does not have it. */
RESULT book_root(struct book *book, uint64_t size, struct hash *ret_root, struct reason *reason);
/* The root of any epoch of the open ledger's host at that size; *ret_known: whether the book has it. */
RESULT book_find_root(struct book *book, uint64_t epoch, uint64_t size, bool *ret_known, struct hash *ret_root,
                      struct reason *reason);
/* When the first audit of the open ledger was made that went as far as that; *ret_made stays where none did. */
RESULT book_audited(struct book *book, uint64_t size, seconds *ret_made, struct reason *reason);

/* Makes a license known, which is for that product; *ret_number stands for it in the other calls. */
RESULT book_add_license(struct book *book, const char *id, const char *product, size_t *ret_number,
                        struct reason *reason);

/* The time of all ledgers; it only goes on. */
RESULT book_advance(struct book *book, seconds moment, struct reason *reason);
/* To an earlier time, because the clock by which it went on was wrong; later months are counted anew. */
RESULT book_set_back(struct book *book, seconds moment, struct reason *reason);
/* All that machines have under the one license, they have under the other from the moment on: it has taken the place.
 * May be called again. */
RESULT book_move(struct book *book, size_t from, size_t to, struct reason *reason);
/* Seats held under the license now. */
uint64_t book_held(const struct book *book, size_t license);

/* Of seats held now nobody knows any more whether their host counts them, until their machines get leases again: all of
 * them, where leaves were not shown by which they may have been given back; */
RESULT book_doubt_all(struct book *book, struct reason *reason);
/* or those of leaves that are lost: beyond the end of their epoch, or what its host still had of it then, or of one
 * that the ledgers which led to the open one leave out, as far as is known. Their host needs not know of them. */
RESULT book_doubt_lost(struct book *book, struct reason *reason);
/* or that of one machine. */
RESULT book_doubt_one(struct book *book, size_t license, const struct machine_id *machine, struct reason *reason);
/* How many of the seats held under the license now are such. */
RESULT book_doubted(struct book *book, size_t license, uint64_t *ret_count, struct reason *reason);

enum { KEPT_DIGEST_SIZE = 8 };

/* A machine's last lease under a license. */
struct holding {
    bool known; /* it has had one */
    seconds issued;
    seconds ends;    /* the seat is held while ends > moment */
    seconds expires; /* the latest end of its leases, given back or not */
    uint64_t number; /* the highest that the machine has signed under the license; 0: none that counts */
    uint64_t place;  /* the book's name for the leaf with that number */
    bool lost;       /* that leaf is lost: the open ledger's host needs not know of it, and its number does not count */
    bool renewed;    /* the seat was held already when the last lease was issued */
    bool freed_lost; /* the seat came back by a leaf that is lost: the open ledger's host counts it as held, as long as
                        its leases run */
};
/* The same hardware, with what a book keeps of its digests: two are equal where these are. */
struct hardware book_hardware(const struct hardware *hardware);
/* What the book knows of a machine. */
struct acquaintance {
    struct holding holding;   /* under the license asked for */
    uint64_t number;          /* the highest that it has signed for the license's product and this host, under whichever
                                 license; 0: none */
    uint64_t elsewhere;       /* the same for other hosts */
    struct hardware hardware; /* as the newest lease describes it that holds a seat for the product, was not given
                                 back, and is known to the open ledger's host; none where there is no such lease. As
                                 book_hardware() has it */
};
RESULT book_find(struct book *book, size_t license, const struct machine_id *machine, struct acquaintance *ret_known,
                 struct reason *reason);
/* A lease was issued, in the leaf whose root came last; `before` is what book_find gave. `number` is that of the
 * machine's request, 0 where it proves nothing. */
RESULT book_lease(struct book *book, size_t license, const struct lease *lease, uint64_t number,
                  const struct holding *before, struct reason *reason);
/* The seat is free: the machine has given it back or left it for another license's, or the operator has taken it. */
RESULT book_free_seat(struct book *book, size_t license, const struct machine_id *machine, const struct holding *before,
                      struct reason *reason);
/* Ways in which a seat comes back before its lease ends, which a license limits. */
enum book_return { BOOK_RELEASE, BOOK_RECLAIM };
/* A seat of a lease of the license came back at that time, by the leaf whose root came last; and how many did later
 * than that. Those whose leaves are lost do not count: their host cannot know of them. */
RESULT book_count_return(struct book *book, size_t license, enum book_return way, seconds time, struct reason *reason);
RESULT book_returns(struct book *book, size_t license, enum book_return way, seconds after, uint64_t *ret_count,
                    struct reason *reason);
/* Whether the holding's number is that of this leaf, of that ledger of the host or of a host that licenses join. */
bool book_stands_at(const struct book *book, const struct holding *holding, const char *host, uint64_t epoch,
                    uint64_t index);
/* The machine has signed that number under the license, without a lease. */
RESULT book_number(struct book *book, size_t license, const struct machine_id *machine, uint64_t number,
                   const struct holding *before, struct reason *reason);

/* One row of the true-up. */
struct book_month {
    size_t license;
    int month; /* year * 12 + month (0-based) */
    uint64_t machines;
    uint64_t peak;        /* most seats held at one moment */
    uint64_t outstanding; /* most machines at one moment that had a lease which had not ended, given back or not */
};
/* Each month from that one on in which any machine held a seat or had such a lease, ascending by license and month, the
 * current one included. Stops at the first failure of `each` and returns it. */
RESULT book_each_month(struct book *book, int first_month,
                       RESULT (*each)(void *context, const struct book_month *month), void *context,
                       struct reason *reason);

#endif
