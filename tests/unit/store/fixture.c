/* Stores to test with; see fixture.h. */
#include "fixture.h"
#include "store/machines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fixture_make_folder(struct fixture *fixture)
{
    *fixture = (struct fixture){.store = NULL};
    assert_true(temporary_folder(fixture->folder, "store"));
    snprintf(fixture->path, sizeof fixture->path, "%s/host.db", fixture->folder);
}

void fixture_remove(struct fixture *fixture)
{
    store_close(fixture->store);
    assert_true(temporary_remove(fixture->folder));
}

int fixture_set_up(void **state)
{
    struct fixture *const fixture = malloc(sizeof *fixture);
    assert_non_null(fixture);
    fixture_make_folder(fixture);
    *state = fixture;
    return 0;
}

int fixture_tear_down(void **state)
{
    fixture_remove(*state);
    free(*state);
    return 0;
}

struct machine_id machine_of(uint64_t number)
{
    struct machine_id machine;
    memset(&machine, 0, sizeof machine);
    for (size_t i = 0; i < sizeof number; i++)
        machine.bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    return machine;
}

struct hash hash_number(uint64_t number)
{
    return hash_of(slice_make(&number, sizeof number));
}

struct machine_row row_of(uint64_t number, seconds last_request, seconds expires)
{
    struct machine_row row;
    memset(&row, 0, sizeof row);
    row.record = (struct machine_record){
        .first_request = last_request - (last_request > 1),
        .last_request = last_request,
        .requests = number + 1,
        .issued = expires == 0 ? 0 : last_request,
        .ends = expires - (expires > DAY ? (seconds)(number % 3) * HOUR : 0),
        .expires = expires,
        .released = number % 2 == 1,
        .renewed = number % 4 > 1,
        .paced = expires == 0 ? 0 : last_request + (seconds)(number % 5) * HOUR,
        .reclaimed = {(uint32_t)(number % 3), number % 3 * 5},
        .leaf = number * 3,
        .ledger = (uint32_t)number % 5,
        .number = number % 3 == 0 ? 0 : number * 7,
        .heard = {number * 11, last_request - (seconds)(number % 2)},
        .note = hash_number(number),
        .hardware = {{(uint8_t)(number % 256), 5}},
        .last_denial = (uint32_t)number % 7,
    };
    snprintf(row.address, sizeof row.address, "2001:db8::%x", (unsigned)number & 0xffffu);
    return row;
}
