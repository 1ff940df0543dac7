/*
 * A host that writes what ledger it likes, and the vendor's audit of it: what the tests of the audit are made of.
 *
 * The world is that of the samples of core: license lic-2026-0001 of acme.example for kms.uni.example, here with 3
 * seats and an overage of 1. Machine n asks first at FIRST_ISSUED + n minutes, and has then seen that the ledger was
 * empty. Its numbers are the seconds since COUNTED_FROM, so that they go up as it asks later.
 */
#ifndef TESTS_UNIT_DESK_LEDGER_FORGE_H
#define TESTS_UNIT_DESK_LEDGER_FORGE_H

#include "desk/audit/walk.h"
#include "samples.h"

enum { PAIRED_SEED = 'J' };
enum { FORGED_LEAVES_MAX = 256, FORGED_MAX = 512 * 1024 };
#define FIRST_ISSUED "2026-11-22T09:00:00Z"
#define AUDITED_AT   "2027-06-01T00:00:00Z"
#define COUNTED_FROM "2026-11-01T00:00:00Z"

#define PAIRED_ORIGIN "kms2.uni.example/acme.example"

struct forge {
    const char *origin; /* NULL: that of the first epoch */
    struct buffer leaves[FORGED_LEAVES_MAX];
    size_t count;
};
void forge_free(struct forge *forge);
#define CLEANUP_FORGE __attribute__((cleanup(forge_free)))

/* The license, with few seats; another for the same product in another edition, and one for another product. */
struct license forged_license(void);
struct license forged_edition(void);
struct license forged_product(void);
/* One for this host and another one. */
struct license forged_pair(void);
/* The id of machine n, as text. */
const char *forged_machine(unsigned n);
/* The lease that an honest host gives machine n, at its time. */
struct lease honest_lease(unsigned n);
/* The same machine's renewal at that time, for another request. */
struct lease honest_renewal(unsigned n, const char *time);
/* The release that undoes it. */
struct released honest_release(unsigned n, const char *time);
/* The operator ends the lease of machine n in that leaf. */
struct reclaimed honest_reclaim(unsigned n, uint64_t index, const char *time);
/* The same under the license of both hosts, of this one or of the other. */
struct lease paired_lease(unsigned n, const char *time, bool elsewhere);
struct released paired_release(unsigned n, const char *time, bool elsewhere);
/* The same lease at another time: the request with its number, and all dates. */
void issue_at(struct lease *lease, seconds time);
/* The same under another license. */
void issue_under(struct lease *lease, const struct license *license);
/* What a machine has seen that saw the ledger with so many leaves, with the signature of the host's key. */
struct seen forged_seen(const struct forge *forge, size_t size);

/* Leaves; the machine signs what they carry. */
void forge_lease(struct forge *forge, const struct lease *lease);
void forge_released(struct forge *forge, const struct released *released);
void forge_reclaimed(struct forge *forge, const struct reclaimed *reclaimed);
void forge_epoch(struct forge *forge, const struct epoch *epoch);
void forge_text(struct forge *forge, const char *text);
/* Leases of machines first .. first + count - 1. */
void forge_honest(struct forge *forge, unsigned first, unsigned count);
/* Another leaf in that place. */
void forge_replace(struct forge *forge, size_t index, const struct lease *lease);
/* The same leaf, with another signature than the machine's. */
void forge_spoil(struct forge *forge, size_t index);
/* Another history with the same leaves up to there. */
void forge_branch(const struct forge *from, size_t count, struct forge *ret_branch);

/* The checkpoint of the first `size` leaves, signed by the key grown from that letter. */
struct checkpoint forged_checkpoint(const struct forge *forge, size_t size);
void forge_sign(const struct checkpoint *checkpoint, uint8_t letter, struct buffer *note);
/* An export of leaves from..to, with a checkpoint of them. */
void forge_export(const struct forge *forge, size_t from, size_t to, struct buffer *out);
/* The same with that note at its end. */
void forge_export_with(const struct forge *forge, size_t from, size_t to, struct slice note, struct buffer *out);

/* How an audit is made. */
struct trial {
    const struct checkpoint *previous; /* NULL: none */
    const char *kept;                  /* book of the audit before; NULL: none */
    const char *last_epoch;            /* book of the epoch before; NULL: none */
    const char *keep;                  /* where to keep this one's; NULL: nowhere */
    const char *now;                   /* NULL: AUDITED_AT */
    bool paired;                       /* by the license of both hosts too */
    const struct verifier_key *key;    /* trusted beside that of the license; NULL: none */
    const struct license *more;        /* another license of this host; NULL: none */
};
/* Audits it, by the three licenses of this host; *ret_audit is yours by free(). Its book is closed. */
RESULT audit_export(struct slice export, const struct trial *trial, struct audit **ret_audit);
/* The same of several at once, those of a host together; each of `audits` is yours. */
enum { PLAYED_MAX = 4 };
RESULT audit_exports(const struct slice exports[], size_t count, const struct trial *trial, struct audit *audits[]);
void audit_cleanup(struct audit **audit);
#define CLEANUP_AUDIT __attribute__((cleanup(audit_cleanup)))

/* Audits the whole forged ledger, which must verify. */
struct audit *audit_forged(const struct forge *forge);
/* Fails the test unless the audit has exactly this one finding. */
void assert_one_finding(const struct audit *audit, uint64_t index, enum error_code code);
/* The true-up of the last audit that verified, as CSV. */
extern char last_true_up[4096];
/* Up to when it was final. */
extern seconds last_final_until;
/* What the book of the last audit that verified knows of the first two epochs; all zero: nothing. */
extern struct book_ledger last_first_epoch;
extern struct book_ledger last_second_epoch;

#endif
