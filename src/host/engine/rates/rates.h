/*
 * How many new machines there may be: a bucket for each address, and one for all together. And how much is told of each
 * machine that is known: a bucket for each.
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
 * Where it is told what a machine does, of as many machines as there are places nothing is forgotten; beyond that each
 * that takes another's place before its bucket is full takes a token of all together too. So no number of machines
 * opens a flood, and one whose places are all in use is kept out only while others use that bucket up.
 *
 * A clock that was set back gives nothing, and goes on from there; one that was set ahead gives at most a full bucket.
 *
 * Pure. Not thread-safe.
 */
#ifndef HOST_ENGINE_RATES_RATES_H
#define HOST_ENGINE_RATES_RATES_H

#include "base/address.h"
#include "base/time.h"
#include "core/documents/documents.h"
#include "host/engine.h"

enum { RATES_WAYS = 8, RATES_SETS = 2048, RATES_PLACES = RATES_WAYS * RATES_SETS, RATES_KEY_SIZE = 16 };
enum { RATES_OWNER_SIZE = 16, RATES_KINDS = 8 };

/* Whose a bucket is: an address' owner (see address_owner()), or a machine. One table has the one or the other. */
struct rates_owner {
    uint8_t bytes[RATES_OWNER_SIZE];
};
struct rates_owner rates_owner_of_address(const struct address *address);
struct rates_owner rates_owner_of_machine(const struct machine_id *machine);
bool rates_owner_equal(const struct rates_owner *one, const struct rates_owner *other);

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

/* Takes a token for a thing of that kind, not 0, that the machine does: of its own bucket, which `each` fills. The
 * first RATES_KINDS kinds since that was full have as many tokens beyond, so that none is missed for the many of
 * another. `beyond` fills the bucket of those for which another machine is forgotten. Whether there was one. */
bool rates_take_kind(struct rates *rates, const struct new_rate *each, const struct new_rate *beyond,
                     const struct machine_id *machine, uint16_t kind, int64_t milliseconds);
/* It did not come to be done after all. */
void rates_give_back_kind(struct rates *rates, const struct machine_id *machine);

#endif
