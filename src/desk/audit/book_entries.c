/*
 * The audit's book: licenses, time, machines and months. See book.h.
 *
 * Always, between calls: seats[n].held is the number of holdings of license n with ends > moment; the row of the
 * current month in seats[] is ahead of the table `month`, which holds all finished months.
 */
#include "book_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KIND_SIZE = sizeof((struct hardware_digest *)NULL)->kind,
    PACKED_MAX = HARDWARE_MAX * (KIND_SIZE + DIGEST_SIZE),
};

/* Runs a statement that gives no rows, and makes it ready for the next time. */
static RESULT run(struct book *book, enum statement which)
{
    sqlite3_stmt *statement = book->statements[which];
    const struct result result = book_result(book->database, sqlite3_step(statement));
    (void)sqlite3_reset(statement);
    return result;
}

/* Licenses */

static RESULT find_license(struct book *book, const char *id, bool *ret_found, size_t *ret_number)
{
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(book_prepare(book->database, "SELECT number FROM license WHERE id = ?", &statement));
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    const int status = sqlite3_step(statement);
    TRY(book_result(book->database, status));
    *ret_found = status == SQLITE_ROW;
    if (*ret_found)
        *ret_number = (size_t)sqlite3_column_int64(statement, 0);
    return RESULT_OK;
}

RESULT book_add_license(struct book *book, const char *id, size_t *ret_number)
{
    bool found = false;
    TRY(find_license(book, id, &found, ret_number));
    if (found)
        return RESULT_OK;
    struct seats *seats = realloc(book->seats, (book->license_count + 1) * sizeof *seats);
    ENSURE(seats != NULL, NO_MEMORY);
    book->seats = seats;
    seats[book->license_count] = (struct seats){0};
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(book_prepare(book->database, "INSERT INTO license (number, id) VALUES (?, ?)", &statement));
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)book->license_count);
    sqlite3_bind_text(statement, 2, id, -1, SQLITE_STATIC);
    TRY(book_result(book->database, sqlite3_step(statement)));
    *ret_number = book->license_count++;
    return RESULT_OK;
}

uint64_t book_held(const struct book *book, size_t license)
{
    return book->seats[license].held;
}

/* Time */

static seconds month_begin(int month)
{
    char text[40];
    seconds begin = 0;
    (void)snprintf(text, sizeof text, "%04d-%02d-01T00:00:00Z", month / 12, month % 12 + 1);
    result_ignore(time_read(slice_of(text), &begin)); /* the first of a month always exists */
    return begin;
}

void book_set_month(struct book *book, int month)
{
    book->month = month;
    book->month_start = month_begin(month);
}

/* Takes the seats back whose leases have ended by then. */
static RESULT expire(struct book *book, seconds moment)
{
    if (moment < book->next_end) {
        book->moment = moment;
        return RESULT_OK;
    }
    sqlite3_stmt *ended = book->statements[ENDED];
    sqlite3_bind_int64(ended, 1, book->moment);
    sqlite3_bind_int64(ended, 2, moment);
    int status = sqlite3_step(ended);
    for (; status == SQLITE_ROW; status = sqlite3_step(ended))
        book->seats[sqlite3_column_int64(ended, 0)].held -= (uint64_t)sqlite3_column_int64(ended, 1);
    (void)sqlite3_reset(ended);
    TRY(book_result(book->database, status));
    book->moment = moment;
    sqlite3_stmt *next = book->statements[NEXT_END];
    sqlite3_bind_int64(next, 1, moment);
    status = sqlite3_step(next);
    const bool none = status == SQLITE_ROW && sqlite3_column_type(next, 0) == SQLITE_NULL;
    book->next_end = none ? TIME_MAX + 1 : sqlite3_column_int64(next, 0);
    (void)sqlite3_reset(next);
    return book_result(book->database, status);
}

RESULT book_write_month(struct book *book)
{
    sqlite3_stmt *put = book->statements[PUT_MONTH];
    for (size_t i = 0; i < book->license_count; i++) {
        const struct seats *seats = &book->seats[i];
        if (seats->machines == 0)
            continue;
        sqlite3_bind_int64(put, 1, (sqlite3_int64)i);
        sqlite3_bind_int(put, 2, book->month);
        sqlite3_bind_int64(put, 3, (sqlite3_int64)seats->machines);
        sqlite3_bind_int64(put, 4, (sqlite3_int64)seats->peak);
        TRY(run(book, PUT_MONTH));
    }
    return RESULT_OK;
}

/* To the first second of the next month: whoever holds a seat then is a machine of it. */
static RESULT turn_month(struct book *book)
{
    TRY(book_write_month(book));
    book_set_month(book, book->month + 1);
    TRY(expire(book, book->month_start));
    for (size_t i = 0; i < book->license_count; i++) {
        struct seats *seats = &book->seats[i];
        seats->machines = seats->held;
        seats->peak = seats->held;
    }
    return RESULT_OK;
}

RESULT book_advance(struct book *book, seconds moment)
{
    if (moment <= book->moment)
        return RESULT_OK;
    const int month = time_month(moment);
    if (book->moment == 0)
        book_set_month(book, month);
    while (book->month < month)
        TRY(turn_month(book));
    return expire(book, moment);
}

/* Machines */

static size_t hardware_pack(const struct hardware *hardware, uint8_t packed[static PACKED_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < hardware->count; i++) {
        const struct hardware_digest *digest = &hardware->digests[i];
        const size_t kind = strlen(digest->kind) + 1;
        memcpy(packed + size, digest->kind, kind);
        memcpy(packed + size + kind, digest->digest, DIGEST_SIZE);
        size += kind + DIGEST_SIZE;
    }
    return size;
}

static RESULT hardware_unpack(const uint8_t *packed, size_t size, struct hardware *ret_hardware)
{
    struct hardware hardware = {0};
    size_t at = 0;
    while (at < size) {
        struct hardware_digest *digest = &hardware.digests[hardware.count];
        const size_t kind = strnlen((const char *)packed + at, size - at) + 1;
        ENSURE(hardware.count < HARDWARE_MAX && kind <= KIND_SIZE && at + kind + DIGEST_SIZE <= size, STORE_CORRUPT);
        memcpy(digest->kind, packed + at, kind);
        memcpy(digest->digest, packed + at + kind, DIGEST_SIZE);
        at += kind + DIGEST_SIZE;
        hardware.count++;
    }
    *ret_hardware = hardware;
    return RESULT_OK;
}

static RESULT read_holding(sqlite3_stmt *row, struct holding *ret_holding)
{
    ENSURE(sqlite3_column_bytes(row, 3) == NONCE_SIZE && sqlite3_column_bytes(row, 4) == HASH_SIZE, STORE_CORRUPT);
    *ret_holding =
        (struct holding){.known = true, .issued = sqlite3_column_int64(row, 1), .ends = sqlite3_column_int64(row, 2)};
    memcpy(ret_holding->nonce.bytes, sqlite3_column_blob(row, 3), NONCE_SIZE);
    memcpy(ret_holding->lock.bytes, sqlite3_column_blob(row, 4), HASH_SIZE);
    return RESULT_OK;
}

/* The rows of one machine: that of the license, and the hardware of the newest. */
static RESULT read_machine(struct book *book, sqlite3_stmt *row, size_t license, struct holding *ret_holding,
                           struct hardware *ret_hardware)
{
    seconds newest = -1;
    int status = sqlite3_step(row);
    for (; status == SQLITE_ROW; status = sqlite3_step(row)) {
        if (sqlite3_column_int64(row, 0) == (sqlite3_int64)license)
            TRY(read_holding(row, ret_holding));
        if (sqlite3_column_int64(row, 1) <= newest)
            continue;
        newest = sqlite3_column_int64(row, 1);
        TRY(hardware_unpack(sqlite3_column_blob(row, 5), (size_t)sqlite3_column_bytes(row, 5), ret_hardware));
    }
    return book_result(book->database, status);
}

RESULT book_find(struct book *book, size_t license, const struct machine_id *machine, struct holding *ret_holding,
                 struct hardware *ret_hardware)
{
    struct holding holding = {0};
    struct hardware hardware = {0};
    sqlite3_stmt *find = book->statements[FIND];
    sqlite3_bind_blob(find, 1, machine->bytes, MACHINE_ID_SIZE, SQLITE_STATIC);
    const struct result result = read_machine(book, find, license, &holding, &hardware);
    (void)sqlite3_reset(find);
    TRY(result);
    *ret_holding = holding;
    *ret_hardware = hardware;
    return RESULT_OK;
}

static RESULT put(struct book *book, size_t license, const struct lease *lease, seconds ends)
{
    uint8_t packed[PACKED_MAX];
    const size_t size = hardware_pack(&lease->hardware, packed);
    sqlite3_stmt *statement = book->statements[PUT];
    sqlite3_bind_blob(statement, 1, lease->machine.bytes, MACHINE_ID_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)license);
    sqlite3_bind_int64(statement, 3, lease->issued);
    sqlite3_bind_int64(statement, 4, ends);
    sqlite3_bind_blob(statement, 5, lease->nonce.bytes, NONCE_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 6, lease->lock.bytes, HASH_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 7, packed, (int)size, SQLITE_STATIC);
    return run(book, PUT);
}

RESULT book_lease(struct book *book, size_t license, const struct lease *lease, const struct holding *before)
{
    struct seats *seats = &book->seats[license];
    const bool held_before = before->known && before->ends > book->moment;
    /* A shorter lease does not take a longer one back. */
    const seconds ends = held_before && before->ends > lease->expires ? before->ends : lease->expires;
    TRY(put(book, license, lease, ends));
    /* Otherwise it has been counted in this month, by an earlier lease or at the month's beginning. */
    if (ends > book->month_start && (!before->known || before->ends <= book->month_start))
        seats->machines++;
    if (ends <= book->moment)
        return RESULT_OK;
    if (ends < book->next_end)
        book->next_end = ends;
    if (!held_before)
        seats->held++;
    if (seats->held > seats->peak)
        seats->peak = seats->held;
    return RESULT_OK;
}

RESULT book_release(struct book *book, size_t license, const struct machine_id *machine, const struct holding *before)
{
    if (!before->known || before->ends <= book->moment)
        return RESULT_OK;
    sqlite3_stmt *end = book->statements[END];
    sqlite3_bind_blob(end, 1, machine->bytes, MACHINE_ID_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(end, 2, (sqlite3_int64)license);
    sqlite3_bind_int64(end, 3, book->moment);
    TRY(run(book, END));
    book->seats[license].held--;
    return RESULT_OK;
}

/* The true-up */

RESULT book_each_month(struct book *book, int first_month,
                       RESULT (*each)(void *context, const struct book_month *month), void *context)
{
    static const char SQL[] = "SELECT license, month, machines, peak FROM month WHERE month >= ? ORDER BY 1, 2";
    TRY(book_write_month(book));
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(book_prepare(book->database, SQL, &statement));
    sqlite3_bind_int(statement, 1, first_month);
    int status = sqlite3_step(statement);
    for (; status == SQLITE_ROW; status = sqlite3_step(statement)) {
        const struct book_month month = {.license = (size_t)sqlite3_column_int64(statement, 0),
                                         .month = sqlite3_column_int(statement, 1),
                                         .machines = (uint64_t)sqlite3_column_int64(statement, 2),
                                         .peak = (uint64_t)sqlite3_column_int64(statement, 3)};
        TRY(each(context, &month));
    }
    return book_result(book->database, status);
}
