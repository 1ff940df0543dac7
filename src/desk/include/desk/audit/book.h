/*
 * What an audit knows of each machine, seat and month while it walks along a ledger: a SQLite file, so that memory
 * stays the same however many machines there are.
 *
 * A book goes along with the time of the ledger: every call about a machine means the moment of the last
 * book_advance(). A machine holds a seat from its lease until the latest end of its leases, or until it is released;
 * machines of a month are those that held a seat at any moment within it. A lease that was given back cannot be
 * un-issued: it is outstanding until it ends, and so is its machine.
 *
 * Of nonces, locks and hardware digests the first bytes are kept, so that a machine takes less room: enough that no two
 * are taken for equal.
 *
 * It also keeps the root of the ledger at every size that was audited, 32 bytes a leaf, so that any older or
 * overlapping export can be held against it; and when each audit was made. With the mark of where the last one ended
 * they are one file, which is there as a whole or not at all.
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

/* Where an audit ended. */
struct book_mark {
    uint64_t size;
    struct hash root;
    seconds moment; /* of the last leaf; 0: there was none */
    seconds made;   /* when the audit was made */
    bool partial;   /* leases from before are missing in the book */
};
/* Reads the mark of a kept book. Also STORE_FOREIGN, STORE_NEWER. */
RESULT book_mark_read(const char *kept, struct book_mark *ret_mark, struct reason *reason);
/* Writes everything out, durably, and closes the book for more. The note is the checkpoint that was audited. */
RESULT book_finish(struct book *book, const struct book_mark *mark, struct slice note, struct reason *reason);

/* Roots, of sizes from 1 on. The next one, in their order; STORE_CORRUPT where one is left out. */
RESULT book_add_root(struct book *book, uint64_t size, const struct hash *root, struct reason *reason);
/* STORE_CORRUPT where the book does not have it. */
RESULT book_root(struct book *book, uint64_t size, struct hash *ret_root, struct reason *reason);
/* When the first audit was made that went as far as that. STORE_CORRUPT where none did. */
RESULT book_audited(struct book *book, uint64_t size, seconds *ret_made, struct reason *reason);
/* Forgets roots and audits: the book goes on with another ledger, the next epoch. */
RESULT book_forget_ledger(struct book *book, struct reason *reason);

/* Makes a license known; *ret_number stands for it in the other calls. */
RESULT book_add_license(struct book *book, const char *id, size_t *ret_number, struct reason *reason);

/* The time of the ledger; it only goes on. */
RESULT book_advance(struct book *book, seconds moment, struct reason *reason);
/* To an earlier time, because the clock by which it went on was wrong; later months are counted anew. */
RESULT book_set_back(struct book *book, seconds moment, struct reason *reason);
/* Seats held under the license now. */
uint64_t book_held(const struct book *book, size_t license);

enum { KEPT_NONCE_SIZE = 8, KEPT_LOCK_SIZE = 16, KEPT_DIGEST_SIZE = 8 };

/* A machine's last lease under a license. */
struct holding {
    bool known; /* it has had one */
    seconds issued;
    seconds ends;    /* the seat is held while ends > moment */
    seconds expires; /* the latest end of its leases, given back or not */
    uint8_t nonce[KEPT_NONCE_SIZE];
    uint8_t lock[KEPT_LOCK_SIZE];
};
/* The same hardware, with what a book keeps of its digests: two are equal where these are. */
struct hardware book_hardware(const struct hardware *hardware);
/* *ret_hardware: as the machine's last lease under any license described it; none where it never had one.
 * It is as book_hardware() has it. */
RESULT book_find(struct book *book, size_t license, const struct machine_id *machine, struct holding *ret_holding,
                 struct hardware *ret_hardware, struct reason *reason);
/* A lease was issued; `before` is what book_find gave. */
RESULT book_lease(struct book *book, size_t license, const struct lease *lease, const struct holding *before,
                  struct reason *reason);
/* The machine has given its seat back. */
RESULT book_release(struct book *book, size_t license, const struct machine_id *machine, const struct holding *before,
                    struct reason *reason);

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
