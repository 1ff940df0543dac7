/* Connections by address: open addressing, and leavers' places are filled by those behind; see addresses.h. */
#include "addresses.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct address_count {
    struct address address;
    unsigned count; /* 0: free */
};

_Static_assert(ADDRESSES_KEY_SIZE == crypto_shorthash_KEYBYTES, "the key is that of the hash");

static size_t home_of(const struct addresses *addresses, const struct address *address)
{
    uint64_t hash;
    _Static_assert(sizeof hash == crypto_shorthash_BYTES, "the hash is a number");
    crypto_shorthash((unsigned char *)&hash, address->bytes, ADDRESS_SIZE, addresses->key);
    return (size_t)hash & addresses->mask;
}

/* Where the address is, or where it would be. */
static size_t place_of(const struct addresses *addresses, const struct address *address)
{
    size_t place = home_of(addresses, address);
    while (addresses->counts[place].count > 0 && !address_equal(&addresses->counts[place].address, address))
        place = (place + 1) & addresses->mask;
    return place;
}

RESULT addresses_make(size_t limit, unsigned each, const uint8_t key[static ADDRESSES_KEY_SIZE],
                      struct addresses *ret_addresses)
{
    size_t places = 16;
    while (places < 2 * limit)
        places *= 2;
    struct address_count *const counts = calloc(places, sizeof *counts);
    ENSURE(counts != NULL, NO_MEMORY);
    *ret_addresses = (struct addresses){.counts = counts, .mask = places - 1, .limit = limit, .each = each};
    memcpy(ret_addresses->key, key, ADDRESSES_KEY_SIZE);
    return RESULT_OK;
}

bool addresses_enter(struct addresses *addresses, const struct address *address)
{
    struct address_count *const entry = &addresses->counts[place_of(addresses, address)];
    if (entry->count >= addresses->each)
        return false;
    if (entry->count == 0) {
        if (addresses->used == addresses->limit)
            return false;
        addresses->used++;
        entry->address = *address;
    }
    entry->count++;
    return true;
}

void addresses_leave(struct addresses *addresses, const struct address *address)
{
    size_t gap = place_of(addresses, address);
    assert(addresses->counts[gap].count > 0);
    if (--addresses->counts[gap].count > 0)
        return;
    addresses->used--;
    for (size_t next = (gap + 1) & addresses->mask; addresses->counts[next].count > 0;
         next = (next + 1) & addresses->mask) {
        const size_t home = home_of(addresses, &addresses->counts[next].address);
        /* It may move into the gap unless its home lies behind that. */
        if (((next - home) & addresses->mask) < ((next - gap) & addresses->mask))
            continue;
        addresses->counts[gap] = addresses->counts[next];
        addresses->counts[next].count = 0;
        gap = next;
    }
}

void addresses_free(struct addresses *addresses)
{
    free(addresses->counts);
    addresses->counts = NULL;
}
