/*
 * How many new machines there may be: a bucket for each address, and one for all together.
 *
 * A bucket holds `at_once` tokens, one for each new machine, and `per_hour` of them come back each hour, evenly. What
 * is kept is how much has been taken, so that limits can change at any time, and a bucket that is full again need not
 * be kept at all.
 *
 * Always: the table has RATES_PLACES places, whatever strangers do. An address finds its bucket in one of RATES_WAYS
 * places that a hash tells, whose key nobody knows. Where all of them are in use, the bucket from which least was taken
 * is forgotten, which is to say that it is full again. So
 *   - nobody is kept out because the table is full;
 *   - whoever has used his bucket up does not get another one by asking from many addresses more: that takes RATES_WAYS
 *     others, as empty as his, in the very same places, and the bucket of all together has by default enough for ten;
 *   - what is forgotten still counts in the bucket of all together, which is never forgotten.
 * A clock that was set back gives nothing, and goes on from there; one that was set ahead gives at most a full bucket.
 *
 * Pure. Not thread-safe.
 */
#ifndef HOST_ENGINE_RATES_RATES_H
#define HOST_ENGINE_RATES_RATES_H

#include "base/address.h"
#include "base/time.h"
#include "host/engine.h"

enum { RATES_WAYS = 8, RATES_SETS = 2048, RATES_PLACES = RATES_WAYS * RATES_SETS, RATES_KEY_SIZE = 16 };

/* All zero: full. */
struct bucket {
    uint64_t taken; /* in parts of a token, of which there are 3,600,000: what comes back in a millisecond is whole */
    int64_t at;     /* milliseconds, as of which that is so */
};
/* Takes a token, or says in how many milliseconds there is one. */
bool bucket_take(struct bucket *bucket, const struct new_rate *rate, int64_t milliseconds, int64_t *ret_wait);
/* Gives back one that was taken. */
void bucket_give_back(struct bucket *bucket);

struct rates {
    struct rates_place *places;
    struct bucket all;
    uint8_t key[RATES_KEY_SIZE];
};

/* All buckets full. NO_MEMORY. */
RESULT rates_make(const uint8_t key[static RATES_KEY_SIZE], struct rates *ret_rates);
/* Takes one that is all zero. */
void rates_free(struct rates *rates);

enum rates_verdict { RATES_FINE, RATES_ADDRESS, RATES_ALL };
/* Takes a token for a new machine at that address, whose owner it is that counts; or none, and says which bucket is
 * empty and in how many milliseconds there is a token. */
enum rates_verdict rates_take(struct rates *rates, const struct new_rates *limits, const struct address *from,
                              int64_t milliseconds, int64_t *ret_wait);
/* The machine did not come to be known after all. */
void rates_give_back(struct rates *rates, const struct address *from);

#endif
