/* The machine's own records and host addresses from arbitrary bytes: what is read has that one spelling. */
#include "core/documents/site_key.h"
#include "state/records.h"

#include "hosts/address.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TRY_RECORD(type, name) \
    do { \
        type record; \
        buffer_clear(&again); \
        if (is_ok(name##_read(bytes, &record))) \
            assert(is_ok(name##_write(&record, &again)) && slice_equal(buffer_slice(&again), bytes)); \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    CLEANUP_BUFFER struct buffer again = buffer_make(RECORD_MAX);
    TRY_RECORD(struct identity, identity);
    TRY_RECORD(struct numbers, numbers);
    TRY_RECORD(struct host_list, host_list);
    TRY_RECORD(struct telling, telling);
    TRY_RECORD(struct about_says, attached);
    TRY_RECORD(struct last_answer, last_answer);
    TRY_RECORD(struct site_key, site_key);

    seconds time = 0;
    buffer_clear(&again);
    if (is_ok(first_run_read(bytes, &time)))
        assert(is_ok(first_run_write(time, &again)) && slice_equal(buffer_slice(&again), bytes));

    char address[ADDRESS_SIZE];
    char same[ADDRESS_SIZE];
    if (is_ok(host_address_read(bytes, address, NULL)))
        assert(is_ok(host_address_read(slice_of(address), same, NULL)) && strcmp(address, same) == 0);
    return 0;
}
