/*
 * How rows, journal records and counts stand as bytes: compact, and read strictly.
 *
 *   number   7 bits a byte, the lowest first, bit 7 set on all but the last; a time is folded to a number first
 *   row      last request, expiry, first request, issued, the lease's own end less the expiry, requests, leaf, ledger,
 *            number, number and time of the last request heard, ledger and leaf of the reclaim, `paced` less issued,
 *            last denial * 4 + renewed * 2 + released (numbers); SHA-256 of the note; the hardware's mark; the address
 *            to the end
 *   record   license (number), machine id, last request and expiry as they were before (numbers), size of the row (one
 *            byte), the row
 *
 * Pure. Readers give STORE_CORRUPT for what no writer writes.
 */
#ifndef STORE_SQLITE_JOURNAL_ENCODING_H
#define STORE_SQLITE_JOURNAL_ENCODING_H

#include "base/buffer.h"
#include "base/hash.h"
#include "figures.h"
#include "store/machines.h"

enum {
    NUMBER_BYTES_MAX = 10,
    ROW_NUMBERS = 15,
    ROW_BYTES_MAX =
        ROW_NUMBERS * NUMBER_BYTES_MAX + HASH_SIZE + (int)sizeof(struct hardware_mark) + ADDRESS_TEXT_SIZE - 1,
};

/* Returns how many bytes were written. */
size_t number_write(uint64_t value, uint8_t out[static NUMBER_BYTES_MAX]);
/* Takes a number off the front. */
RESULT number_read(struct slice *left, uint64_t *ret_value);

size_t row_write(const struct machine_row *row, uint8_t out[static ROW_BYTES_MAX]);
RESULT row_read(struct slice bytes, struct machine_row *ret_row);
/* The times alone, from the front of a row. */
RESULT row_times(struct slice bytes, struct machine_times *ret_times);

/* A machine that was put: what the journal says of it. */
struct journal_record {
    uint32_t license;
    struct machine_id machine;
    struct machine_times before;
    struct slice row;
};
void record_write(const struct journal_record *record, struct buffer *out);
/* Takes a record off the front; its row is borrowed. */
RESULT record_read(struct slice *left, struct journal_record *ret_record);

#endif
