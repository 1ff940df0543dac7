/* How many new machines there may be; see rates.h. */
#include "rates/rates.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* At `per_hour` tokens an hour, in a millisecond so many parts come back as there come tokens in an hour. */
static const uint64_t TOKEN = UINT64_C(3600000);

_Static_assert(RATES_KEY_SIZE == crypto_shorthash_KEYBYTES, "the key is that of the hash");

/* ---- a bucket ---- */

/* What has come back since. */
static void refill(struct bucket *bucket, uint64_t per_hour, int64_t milliseconds)
{
    const uint64_t passed = milliseconds > bucket->at ? (uint64_t)milliseconds - (uint64_t)bucket->at : 0;
    bucket->at = milliseconds;
    if (per_hour > 0 && passed >= bucket->taken / per_hour + 1)
        bucket->taken = 0;
    else
        bucket->taken -= passed * per_hour;
}

bool bucket_take(struct bucket *bucket, const struct new_rate *rate, int64_t milliseconds, int64_t *ret_wait)
{
    const uint64_t size = rate->at_once * TOKEN;
    refill(bucket, rate->per_hour, milliseconds);
    *ret_wait = 0;
    if (rate->at_once == 0 || bucket->taken + TOKEN <= size) {
        bucket->taken += rate->at_once == 0 ? 0 : TOKEN;
        return true;
    }
    const uint64_t lacking = bucket->taken + TOKEN - size;
    *ret_wait = rate->per_hour == 0 ? INT64_MAX : (int64_t)((lacking + rate->per_hour - 1) / rate->per_hour);
    return false;
}

void bucket_give_back(struct bucket *bucket)
{
    bucket->taken -= bucket->taken < TOKEN ? bucket->taken : TOKEN;
}

/* ---- the table ---- */

struct rates_place {
    struct address owner;
    struct bucket bucket; /* full: the place is free */
};

RESULT rates_make(const uint8_t key[static RATES_KEY_SIZE], struct rates *ret_rates)
{
    struct rates_place *const places = calloc(RATES_PLACES, sizeof *places);
    ENSURE(places != NULL, NO_MEMORY);
    *ret_rates = (struct rates){.places = places};
    memcpy(ret_rates->key, key, RATES_KEY_SIZE);
    return RESULT_OK;
}

void rates_free(struct rates *rates)
{
    free(rates->places);
    *rates = (struct rates){0};
}

/* The first of the places where the bucket of that owner can be. */
static struct rates_place *set_of(const struct rates *rates, const struct address *owner)
{
    uint64_t hash;
    _Static_assert(sizeof hash == crypto_shorthash_BYTES, "the hash is a number");
    crypto_shorthash((unsigned char *)&hash, owner->bytes, ADDRESS_SIZE, rates->key);
    return &rates->places[hash % RATES_SETS * RATES_WAYS];
}

/* NULL: none is kept, since it is full. */
static struct rates_place *find(const struct rates *rates, const struct address *owner)
{
    struct rates_place *const set = set_of(rates, owner);
    for (size_t i = 0; i < RATES_WAYS; i++)
        if (set[i].bucket.taken > 0 && address_equal(&set[i].owner, owner))
            return &set[i];
    return NULL;
}

/* The fullest of those places, to be used for that owner. */
static struct rates_place *make_place(const struct rates *rates, const struct address *owner, uint64_t per_hour,
                                      int64_t milliseconds)
{
    struct rates_place *const set = set_of(rates, owner);
    struct rates_place *fullest = &set[0];
    for (size_t i = 0; i < RATES_WAYS; i++) {
        refill(&set[i].bucket, per_hour, milliseconds);
        if (set[i].bucket.taken < fullest->bucket.taken)
            fullest = &set[i];
    }
    *fullest = (struct rates_place){.owner = *owner, .bucket = {.at = milliseconds}};
    return fullest;
}

enum rates_verdict rates_take(struct rates *rates, const struct new_rates *limits, const struct address *from,
                              int64_t milliseconds, int64_t *ret_wait)
{
    const struct address owner = address_owner(from);
    struct rates_place *place = find(rates, &owner);
    struct bucket full = {0};
    if (!bucket_take(&rates->all, &limits->all, milliseconds, ret_wait))
        return RATES_ALL;
    if (!bucket_take(place == NULL ? &full : &place->bucket, &limits->address, milliseconds, ret_wait)) {
        bucket_give_back(&rates->all);
        return RATES_ADDRESS;
    }
    if (place == NULL && full.taken > 0) {
        place = make_place(rates, &owner, limits->address.per_hour, milliseconds);
        place->bucket = full;
    }
    return RATES_FINE;
}

void rates_give_back(struct rates *rates, const struct address *from)
{
    const struct address owner = address_owner(from);
    struct rates_place *const place = find(rates, &owner);
    bucket_give_back(&rates->all);
    if (place != NULL)
        bucket_give_back(&place->bucket);
}
