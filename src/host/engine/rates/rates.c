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

/* ---- owners ---- */

_Static_assert((int)RATES_OWNER_SIZE == (int)ADDRESS_SIZE && (int)RATES_OWNER_SIZE == (int)MACHINE_ID_SIZE,
               "either is an owner");

struct rates_owner rates_owner_of_address(const struct address *address)
{
    const struct address owner_address = address_owner(address);
    struct rates_owner owner = {.bytes = {0}};
    memcpy(owner.bytes, owner_address.bytes, sizeof owner.bytes);
    return owner;
}

struct rates_owner rates_owner_of_machine(const struct machine_id *machine)
{
    struct rates_owner owner = {.bytes = {0}};
    memcpy(owner.bytes, machine->bytes, sizeof owner.bytes);
    return owner;
}

bool rates_owner_equal(const struct rates_owner *one, const struct rates_owner *other)
{
    return memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}

/* ---- the table ---- */

struct rates_place {
    struct rates_owner owner;
    struct bucket bucket;        /* full: the place is free */
    uint16_t kinds[RATES_KINDS]; /* of which something was taken since; 0: none yet */
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
static struct rates_place *set_of(const struct rates *rates, const struct rates_owner *owner)
{
    uint64_t hash;
    _Static_assert(sizeof hash == crypto_shorthash_BYTES, "the hash is a number");
    crypto_shorthash((unsigned char *)&hash, owner->bytes, RATES_OWNER_SIZE, rates->key);
    return &rates->places[hash % RATES_SETS * RATES_WAYS];
}

/* NULL: none is kept, since it is full. */
static struct rates_place *find(const struct rates *rates, const struct rates_owner *owner)
{
    struct rates_place *const set = set_of(rates, owner);
    for (size_t i = 0; i < RATES_WAYS; i++)
        if (set[i].bucket.taken > 0 && rates_owner_equal(&set[i].owner, owner))
            return &set[i];
    return NULL;
}

/* The fullest of those places. */
static struct rates_place *find_fullest(const struct rates *rates, const struct rates_owner *owner, uint64_t per_hour,
                                        int64_t milliseconds)
{
    struct rates_place *const set = set_of(rates, owner);
    struct rates_place *fullest = &set[0];
    for (size_t i = 0; i < RATES_WAYS; i++) {
        refill(&set[i].bucket, per_hour, milliseconds);
        if (set[i].bucket.taken < fullest->bucket.taken)
            fullest = &set[i];
    }
    return fullest;
}

enum rates_verdict rates_take(struct rates *rates, const struct new_rates *limits, const struct address *from,
                              int64_t milliseconds, int64_t *ret_wait)
{
    const struct rates_owner owner = rates_owner_of_address(from);
    struct rates_place *const place = find(rates, &owner);
    struct bucket full = {0};
    if (!bucket_take(&rates->all, &limits->all, milliseconds, ret_wait))
        return RATES_ALL;
    if (!bucket_take(place == NULL ? &full : &place->bucket, &limits->address, milliseconds, ret_wait)) {
        bucket_give_back(&rates->all);
        return RATES_ADDRESS;
    }
    if (place == NULL && full.taken > 0) {
        struct rates_place *const fullest = find_fullest(rates, &owner, limits->address.per_hour, milliseconds);
        *fullest = (struct rates_place){.owner = owner, .bucket = full};
    }
    return RATES_FINE;
}

void rates_give_back(struct rates *rates, const struct address *from)
{
    const struct rates_owner owner = rates_owner_of_address(from);
    struct rates_place *const place = find(rates, &owner);
    bucket_give_back(&rates->all);
    if (place != NULL)
        bucket_give_back(&place->bucket);
}

/* ---- kinds ---- */

/* Where it stands among those of which something was taken, or may be put; NULL: there are too many. */
static uint16_t *place_of_kind(struct rates_place *place, uint16_t kind)
{
    for (size_t i = 0; i < RATES_KINDS; i++)
        if (place->kinds[i] == kind || place->kinds[i] == 0)
            return &place->kinds[i];
    return NULL;
}

/* NULL: another would have to be forgotten, and there is no token for that. */
static struct rates_place *place_for(struct rates *rates, uint64_t per_hour, const struct new_rate *beyond,
                                     const struct rates_owner *owner, int64_t milliseconds)
{
    int64_t wait;
    struct rates_place *place = find(rates, owner);
    if (place != NULL)
        refill(&place->bucket, per_hour, milliseconds);
    else
        place = find_fullest(rates, owner, per_hour, milliseconds);
    if (place->bucket.taken > 0 && rates_owner_equal(&place->owner, owner))
        return place;
    if (place->bucket.taken > 0 && !bucket_take(&rates->all, beyond, milliseconds, &wait))
        return NULL;
    *place = (struct rates_place){.owner = *owner, .bucket = {.at = milliseconds}};
    return place;
}

bool rates_take_kind(struct rates *rates, const struct new_rate *each, const struct new_rate *beyond,
                     const struct machine_id *machine, uint16_t kind, int64_t milliseconds)
{
    const struct rates_owner owner = rates_owner_of_machine(machine);
    struct rates_place *const place = place_for(rates, each->per_hour, beyond, &owner, milliseconds);
    if (place == NULL)
        return false;
    uint16_t *const found = place_of_kind(place, kind);
    struct new_rate rate = *each;
    if (found != NULL && *found == 0)
        rate.at_once += RATES_KINDS;
    int64_t wait;
    if (!bucket_take(&place->bucket, &rate, milliseconds, &wait))
        return false;
    if (found != NULL)
        *found = kind;
    return true;
}

void rates_give_back_kind(struct rates *rates, const struct machine_id *machine)
{
    const struct rates_owner owner = rates_owner_of_machine(machine);
    struct rates_place *const place = find(rates, &owner);
    if (place != NULL)
        bucket_give_back(&place->bucket);
}
