/*
 * The site keys of a host (core/documents/site_key.h), as they lie in its data folder: the one in use, which the
 * organisation's machines are given, and the one before it, which holds as well until it is ended, so that a new key
 * reaches the machines one by one. A third one holds nothing.
 *
 * Always: what was in use before a change that fails is in use after it.
 */
#ifndef AUTHORITY_SITE_KEYS_H
#define AUTHORITY_SITE_KEYS_H

#include "base/reason.h"
#include "core/documents/site_key.h"

enum { SITE_KEYS_MAX = 2 };

/* Those that hold; in secret memory, see site_keys_free. */
struct site_keys {
    size_t count;
    size_t current; /* how many of them are in use: the first, or none; the others are former ones */
    struct site_key keys[SITE_KEYS_MAX];
};

/* Reads them. *ret_keys is NULL where there is none. `each_fault` (may be NULL) is told of a file that does not hold,
 * which is left out; a failure of it is the result. NO_MEMORY. Yours to free. */
RESULT site_keys_load(const char *folder, RESULT (*each_fault)(void *context, const char *file, struct result why),
                      void *context, struct site_keys **ret_keys);
/* Takes NULL. */
void site_keys_free(struct site_keys *keys);

/* Puts a key in use; the one that was becomes the former, and a former one before that holds no longer. Where the file
 * of the one in use holds no key, it is replaced, and the former one stays what it is. NOT_SET_UP, LOCKED; errors of
 * files, with the file's name. */
enum site_key_put {
    SITE_KEY_KNOWN, /* it is in use already */
    SITE_KEY_PUT,
    SITE_KEY_PUT_AND_ENDED, /* and a former one has come to its end */
};
struct site_key_change {
    enum site_key_put put;
    struct result damaged; /* a failure: the file that was replaced held no key, for this and in that line */
};
RESULT site_keys_put(const char *folder, const struct site_key *key, struct site_key_change *ret_change,
                     struct reason *reason);
/* Ends the former key, or all. *ret_changed is false where there is none. NOT_SET_UP, LOCKED, FILE_WRITE. */
RESULT site_keys_end(const char *folder, bool all, bool *ret_changed, struct reason *reason);

#endif
