/* The machines of a batch; see fetched.h. */
#include "batch/fetched.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FETCHED_FIRST = 64 };

static bool is_key(const struct machine_key *key, uint32_t license, const struct machine_id *machine)
{
    return key->license == license && memcmp(key->machine.bytes, machine->bytes, MACHINE_ID_SIZE) == 0;
}

/* The slot of a key: its own, or the free one where it belongs. Whoever picks ids that fall together costs a batch the
 * square of its size in comparisons of a few bytes, and no more than that. */
static uint32_t *slot_of(const struct fetched *fetched, uint32_t license, const struct machine_id *machine)
{
    uint32_t scattered; /* ids are random: any of their bytes will do */
    memcpy(&scattered, machine->bytes, sizeof scattered);
    const size_t mask = 2 * fetched->capacity - 1;
    size_t at = (scattered ^ license * UINT32_C(2654435761)) & mask;
    while (fetched->slots[at] != 0 && !is_key(&fetched->keys[fetched->slots[at] - 1], license, machine))
        at = (at + 1) & mask;
    return &fetched->slots[at];
}

static void fill_slots(struct fetched *fetched)
{
    memset(fetched->slots, 0, 2 * fetched->capacity * sizeof *fetched->slots);
    for (size_t i = 0; i < fetched->count; i++)
        *slot_of(fetched, fetched->keys[i].license, &fetched->keys[i].machine) = (uint32_t)i + 1;
}

/* Twice as many; what is there stays. */
static RESULT grow(struct fetched *fetched)
{
    const size_t capacity = fetched->capacity == 0 ? FETCHED_FIRST : 2 * fetched->capacity;
    struct machine_key *const keys = reallocarray(fetched->keys, capacity, sizeof *keys);
    ENSURE(keys != NULL, NO_MEMORY);
    fetched->keys = keys;
    struct machine_found *const found = reallocarray(fetched->found, capacity, sizeof *found);
    ENSURE(found != NULL, NO_MEMORY);
    fetched->found = found;
    uint32_t *const slots = reallocarray(fetched->slots, 2 * capacity, sizeof *slots);
    ENSURE(slots != NULL, NO_MEMORY);
    fetched->slots = slots;
    fetched->capacity = capacity;
    fill_slots(fetched);
    return RESULT_OK;
}

void fetched_clear(struct fetched *fetched)
{
    fetched->count = 0;
    if (fetched->slots != NULL)
        memset(fetched->slots, 0, 2 * fetched->capacity * sizeof *fetched->slots);
}

void fetched_free(struct fetched *fetched)
{
    free(fetched->keys);
    free(fetched->found);
    free(fetched->slots);
    *fetched = (struct fetched){0};
}

RESULT fetched_want(struct fetched *fetched, uint32_t license, const struct machine_id *machine)
{
    if (fetched->count == fetched->capacity)
        TRY(grow(fetched));
    uint32_t *const slot = slot_of(fetched, license, machine);
    if (*slot != 0)
        return RESULT_OK;
    fetched->keys[fetched->count] = (struct machine_key){.license = license, .machine = *machine};
    *slot = (uint32_t)++fetched->count;
    return RESULT_OK;
}

RESULT fetched_load(struct fetched *fetched, struct store *store, struct reason *reason)
{
    return store_fetch(store, fetched->keys, fetched->count, fetched->found, reason);
}

static struct machine_found *find(const struct fetched *fetched, uint32_t license, const struct machine_id *machine)
{
    assert(fetched->count > 0);
    const uint32_t number = *slot_of(fetched, license, machine);
    assert(number != 0);
    return &fetched->found[number - 1];
}

const struct machine_found *fetched_of(const struct fetched *fetched, uint32_t license,
                                       const struct machine_id *machine)
{
    return find(fetched, license, machine);
}

RESULT fetched_put(struct fetched *fetched, struct store *store, uint32_t license, const struct machine_id *machine,
                   const struct machine_row *row, struct reason *reason)
{
    struct machine_found *const found = find(fetched, license, machine);
    TRY(store_machine_put(store, license, machine, row, reason));
    found->row = *row;
    return RESULT_OK;
}
