/* Rows, journal records and counts as bytes; see encoding.h. */
#include "encoding.h"

#include "sqlite/statements.h"

#include <string.h>

_Static_assert(ROW_BYTES_MAX <= UINT8_MAX, "the size of a row is one byte");

size_t number_write(uint64_t value, uint8_t out[static NUMBER_BYTES_MAX])
{
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        out[size++] = (uint8_t)(value | 0x80);
    out[size++] = (uint8_t)value;
    return size;
}

RESULT number_read(struct slice *left, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < left->size && i < NUMBER_BYTES_MAX; i++) {
        const uint8_t byte = left->data[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte >= 0x80)
            continue;
        ENSURE(i < NUMBER_BYTES_MAX - 1 || byte <= 1, STORE_CORRUPT);
        *left = slice_make(left->data + i + 1, left->size - i - 1);
        *ret_value = value;
        return RESULT_OK;
    }
    return FAIL(STORE_CORRUPT);
}

/* Small times of either sign become small numbers. */
static uint64_t fold(seconds time)
{
    return (uint64_t)time << 1 ^ (time < 0 ? UINT64_MAX : 0);
}

/* A time beside another that is mostly the same. */
static uint64_t fold_apart(seconds time, seconds other)
{
    return fold((seconds)((uint64_t)time - (uint64_t)other));
}

static RESULT folded_read(struct slice *left, seconds *ret_time)
{
    uint64_t folded;
    TRY(number_read(left, &folded));
    *ret_time = (seconds)(folded >> 1 ^ ((folded & 1) != 0 ? UINT64_MAX : 0));
    return RESULT_OK;
}

static RESULT apart_read(struct slice *left, seconds other, seconds *ret_time)
{
    seconds apart;
    TRY(folded_read(left, &apart));
    *ret_time = (seconds)((uint64_t)other + (uint64_t)apart);
    return RESULT_OK;
}

static RESULT bytes_read(struct slice *left, void *ret_bytes, size_t size)
{
    ENSURE(left->size >= size, STORE_CORRUPT);
    memcpy(ret_bytes, left->data, size);
    *left = slice_make(left->data + size, left->size - size);
    return RESULT_OK;
}

size_t row_write(const struct machine_row *row, uint8_t out[static ROW_BYTES_MAX])
{
    const struct machine_record *const record = &row->record;
    const uint64_t numbers[ROW_NUMBERS] = {
        fold(record->last_request),
        fold(record->expires),
        fold(record->first_request),
        fold(record->issued),
        fold_apart(record->ends, record->expires),
        record->requests,
        record->leaf,
        record->ledger,
        record->number,
        record->heard.number,
        fold(record->heard.time),
        record->reclaimed.ledger,
        record->reclaimed.leaf,
        fold_apart(record->paced, record->issued),
        (uint64_t)record->last_denial << 2 | (uint64_t)record->renewed << 1 | record->released,
    };
    size_t size = 0;
    for (size_t i = 0; i < ROW_NUMBERS; i++)
        size += number_write(numbers[i], out + size);
    memcpy(out + size, record->note.bytes, HASH_SIZE);
    size += HASH_SIZE;
    memcpy(out + size, record->hardware.bytes, sizeof record->hardware.bytes);
    size += sizeof record->hardware.bytes;
    const size_t length = strnlen(row->address, ADDRESS_TEXT_SIZE - 1);
    memcpy(out + size, row->address, length);
    return size + length;
}

RESULT row_times(struct slice bytes, struct machine_times *ret_times)
{
    TRY(folded_read(&bytes, &ret_times->last_request));
    return folded_read(&bytes, &ret_times->expires);
}

RESULT row_read(struct slice bytes, struct machine_row *ret_row)
{
    struct machine_record *const record = &ret_row->record;
    uint64_t ledger;
    uint64_t reclaim_ledger;
    uint64_t denial;
    memset(ret_row, 0, sizeof *ret_row);
    TRY(folded_read(&bytes, &record->last_request));
    TRY(folded_read(&bytes, &record->expires));
    TRY(folded_read(&bytes, &record->first_request));
    TRY(folded_read(&bytes, &record->issued));
    TRY(apart_read(&bytes, record->expires, &record->ends));
    TRY(number_read(&bytes, &record->requests));
    TRY(number_read(&bytes, &record->leaf));
    TRY(number_read(&bytes, &ledger));
    TRY(number_read(&bytes, &record->number));
    TRY(number_read(&bytes, &record->heard.number));
    TRY(folded_read(&bytes, &record->heard.time));
    TRY(number_read(&bytes, &reclaim_ledger));
    TRY(number_read(&bytes, &record->reclaimed.leaf));
    TRY(apart_read(&bytes, record->issued, &record->paced));
    TRY(number_read(&bytes, &denial));
    ENSURE(ledger < LEDGERS_MAX && reclaim_ledger < LEDGERS_MAX && denial >> 2 <= UINT32_MAX, STORE_CORRUPT);
    record->ledger = (uint32_t)ledger;
    record->reclaimed.ledger = (uint32_t)reclaim_ledger;
    record->last_denial = (uint32_t)(denial >> 2);
    record->renewed = (denial & 2) != 0;
    record->released = (denial & 1) != 0;
    TRY(bytes_read(&bytes, record->note.bytes, HASH_SIZE));
    TRY(bytes_read(&bytes, record->hardware.bytes, sizeof record->hardware.bytes));
    ENSURE(utf8_valid(bytes) && is_ok(slice_copy_text(bytes, ret_row->address, sizeof ret_row->address)),
           STORE_CORRUPT);
    return RESULT_OK;
}

void record_write(const struct journal_record *record, struct buffer *out)
{
    uint8_t bytes[4 * NUMBER_BYTES_MAX + MACHINE_ID_SIZE];
    size_t size = number_write(record->license, bytes);
    memcpy(bytes + size, record->machine.bytes, MACHINE_ID_SIZE);
    size += MACHINE_ID_SIZE;
    size += number_write(fold(record->before.last_request), bytes + size);
    size += number_write(fold(record->before.expires), bytes + size);
    bytes[size++] = (uint8_t)record->row.size;
    buffer_append(out, bytes, size);
    buffer_append_slice(out, record->row);
}

RESULT record_read(struct slice *left, struct journal_record *ret_record)
{
    uint64_t license;
    uint8_t size;
    TRY(number_read(left, &license));
    ENSURE(license <= UINT32_MAX, STORE_CORRUPT);
    ret_record->license = (uint32_t)license;
    TRY(bytes_read(left, ret_record->machine.bytes, MACHINE_ID_SIZE));
    TRY(folded_read(left, &ret_record->before.last_request));
    TRY(folded_read(left, &ret_record->before.expires));
    TRY(bytes_read(left, &size, sizeof size));
    ENSURE(size <= ROW_BYTES_MAX && size <= left->size, STORE_CORRUPT);
    ret_record->row = slice_make(left->data, size);
    *left = slice_make(left->data + size, left->size - size);
    return RESULT_OK;
}
