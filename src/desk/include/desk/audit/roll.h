/*
 * The roll of an audit: the keys of one ledger's host, every license that the desk has signed for it, and those of all
 * hosts that licenses join with it: a license of two hosts joins them, and whatever other licenses they have.
 *
 * Always: the ledger is an epoch of that of each key. For one thread.
 */
#ifndef DESK_AUDIT_ROLL_H
#define DESK_AUDIT_ROLL_H

#include "core/documents/documents.h"
#include "core/tlog/checkpoint.h"

/* A host that made its key anew has more than one. */
enum { HOST_KEYS_MAX = 64 };

struct roll {
    char origin[KEY_NAME_SIZE];
    uint64_t epoch; /* from 1 on; 0 while there is no key */
    struct roll_license {
        struct license license;
        size_t number; /* in the audit's book */
    } * licenses;
    size_t count;
    size_t capacity;
    /* Which of them replace which, those that were issued later first; after roll_follow(). */
    struct roll_succession {
        size_t before;
        size_t by;
    } * successions;
    size_t succession_count;
    struct verifier_key keys[HOST_KEYS_MAX];
    size_t key_count;
    /* The names of all host keys that licenses join with this ledger's, its own too, ascending after roll_sort(). */
    char hosts[HOST_KEYS_MAX][KEY_NAME_SIZE];
    size_t host_count;
};

/* TEXT_TOO_LONG. */
RESULT roll_make(const char *origin, struct roll *ret_roll);
void roll_free(struct roll *roll);
#define CLEANUP_ROLL __attribute__((cleanup(roll_free)))
/* Learns which hosts the license joins with those known; to be called for all licenses, again and again until
 * host_count stays. DOCUMENT_LIMIT: too many hosts. */
RESULT roll_join(struct roll *roll, const struct license *license);
/* Whether there are several hosts. */
bool roll_is_joined(const struct roll *roll);
/* Then: takes the license if one of its hosts is known, and its host keys that are this ledger's. NO_MEMORY;
 * DOCUMENT_LIMIT: too many host keys. */
RESULT roll_add(struct roll *roll, const struct license *license);
/* After the last: makes roll_find work. */
void roll_sort(struct roll *roll);
/* And after that: learns which licenses replace which, but for those that are revoked. NO_MEMORY. */
RESULT roll_follow(struct roll *roll, const struct revocations *revocations);
/* Whose seats those of the license are at that time: its own, or those of the one that has taken its place. Borrowed.
 */
const struct roll_license *roll_heir(const struct roll *roll, const struct roll_license *license, seconds now);
/* The license of that id, or NULL; borrowed. */
const struct roll_license *roll_find(const struct roll *roll, const char *id);
/* Trusts this host key and no other. CHECKPOINT_ORIGIN where it is not of this ledger. */
RESULT roll_trust_only(struct roll *roll, const struct verifier_key *key);

#endif
