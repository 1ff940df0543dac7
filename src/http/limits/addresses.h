/*
 * How many connections each address has: a table with a limit. Pure, but for the key, which is the caller's: it keeps
 * strangers from choosing addresses that meet in one place.
 *
 * Always: the table is at most half full. Not thread-safe.
 */
#ifndef HTTP_LIMITS_ADDRESSES_H
#define HTTP_LIMITS_ADDRESSES_H

#include "base/address.h"
#include "base/result.h"

enum { ADDRESSES_KEY_SIZE = 16 };

struct address_count;
struct addresses {
    struct address_count *counts;
    size_t mask; /* places, less one */
    size_t used;
    size_t limit;  /* addresses */
    unsigned each; /* connections of one address */
    uint8_t key[ADDRESSES_KEY_SIZE];
};

/* For up to `limit` addresses with up to `each` connections. NO_MEMORY. */
RESULT addresses_make(size_t limit, unsigned each, const uint8_t key[static ADDRESSES_KEY_SIZE],
                      struct addresses *ret_addresses);
/* Counts one more; false, and nothing is counted, where that would be too many. */
bool addresses_enter(struct addresses *addresses, const struct address *address);
/* Of one that was counted. */
void addresses_leave(struct addresses *addresses, const struct address *address);
void addresses_free(struct addresses *addresses);

#endif
