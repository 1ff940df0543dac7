/*
 * The audit's book: licenses, time, machines and months. See book.h.
 *
 * Always, between calls: seats[n].held is the number of holdings of license n with ends > moment, seats[n].outstanding
 * that of those with expires > moment, and no holding has expires < ends; the row of the
 * current month in seats[] is ahead of the table `month`, which holds all finished months.
 */
#include "book_state.h"

#include "core/rules/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KIND_SIZE = sizeof((struct hardware_digest *)NULL)->kind,
    PACKED_MAX = HARDWARE_MAX * (KIND_SIZE + KEPT_DIGEST_SIZE),
};

/* Licenses */

static RESULT find_license(struct book *book, const char *id, bool *ret_found, size_t *ret_number,
                           struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = query_once(&book->database, "SELECT number FROM license WHERE id = ?", reason);
    query_text(&query, id);
    TRY(query_step(&query, &row));
    *ret_found = row;
    if (row)
        *ret_number = (size_t)column_number(&query, 0);
    return RESULT_OK;
}

static RESULT put_license(struct book *book, const char *id, const char *product, struct reason *reason)
{
    CLEANUP_QUERY struct query query =
        query_once(&book->database, "INSERT INTO license (number, id, product) VALUES (?, ?, ?)", reason);
    query_number(&query, (int64_t)book->license_count);
    query_text(&query, id);
    query_text(&query, product);
    return query_run(&query, NULL);
}

/* The first license for the product, once there is one. */
static RESULT find_product(struct book *book, const char *product, size_t *ret_number, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query =
        query_once(&book->database, "SELECT min(number) FROM license WHERE product = ?", reason);
    query_text(&query, product);
    TRY(query_step(&query, &row));
    *ret_number = (size_t)column_number(&query, 0);
    return RESULT_OK;
}

RESULT book_add_license(struct book *book, const char *id, const char *product, size_t *ret_number,
                        struct reason *reason)
{
    struct seats seats = {0};
    bool found = false;
    TRY(find_license(book, id, &found, ret_number, reason));
    if (found)
        return RESULT_OK;
    TRY(put_license(book, id, product, reason));
    TRY(find_product(book, product, &seats.product, reason));
    TRY(book_add_seats(book, &seats));
    *ret_number = book->license_count - 1;
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

static RESULT take_ended_back(struct book *book, seconds moment, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = book_query(book, ENDED, reason);
    query_number(&query, book->moment);
    query_number(&query, moment);
    TRY(query_step(&query, &row));
    while (row) {
        const uint64_t license = (uint64_t)column_number(&query, 0);
        ENSURE(license < book->license_count, STORE_CORRUPT);
        book->seats[license].held -= (uint64_t)column_number(&query, 1);
        book->seats[license].outstanding -= (uint64_t)column_number(&query, 2);
        TRY(query_step(&query, &row));
    }
    return RESULT_OK;
}

static RESULT find_next_end(struct book *book, seconds moment, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = book_query(book, NEXT_END, reason);
    query_number(&query, moment);
    TRY(query_step(&query, &row));
    book->next_end = column_is_nothing(&query, 0) ? TIME_MAX + 1 : column_number(&query, 0);
    return RESULT_OK;
}

/* Takes the seats back whose leases have ended by then, and counts those leases no more. */
static RESULT expire(struct book *book, seconds moment, struct reason *reason)
{
    if (moment >= book->next_end) {
        TRY(take_ended_back(book, moment, reason));
        TRY(find_next_end(book, moment, reason));
    }
    book->moment = moment;
    return RESULT_OK;
}

static RESULT put_month(struct book *book, size_t license, struct reason *reason)
{
    const struct seats *const seats = &book->seats[license];
    CLEANUP_QUERY struct query query = book_query(book, PUT_MONTH, reason);
    query_number(&query, (int64_t)license);
    query_number(&query, book->month);
    query_number(&query, (int64_t)seats->machines);
    query_number(&query, (int64_t)seats->peak);
    query_number(&query, (int64_t)seats->outstanding_peak);
    return query_run(&query, NULL);
}

RESULT book_write_month(struct book *book, struct reason *reason)
{
    for (size_t i = 0; i < book->license_count; i++) {
        if (book->seats[i].machines > 0 || book->seats[i].outstanding_peak > 0)
            TRY(put_month(book, i, reason));
    }
    return RESULT_OK;
}

/* To the first second of the next month: whoever holds a seat then is a machine of it. */
static RESULT turn_month(struct book *book, struct reason *reason)
{
    TRY(book_write_month(book, reason));
    book_set_month(book, book->month + 1);
    TRY(expire(book, book->month_start, reason));
    for (size_t i = 0; i < book->license_count; i++) {
        struct seats *seats = &book->seats[i];
        seats->machines = seats->held;
        seats->peak = seats->held;
        seats->outstanding_peak = seats->outstanding;
    }
    return RESULT_OK;
}

RESULT book_advance(struct book *book, seconds moment, struct reason *reason)
{
    if (moment <= book->moment)
        return RESULT_OK;
    const int month = time_month(moment);
    if (book->moment == 0)
        book_set_month(book, month);
    while (book->month < month)
        TRY(turn_month(book, reason));
    return expire(book, moment, reason);
}

/* Machines */

struct hardware book_hardware(const struct hardware *hardware)
{
    struct hardware kept = *hardware;
    for (size_t i = 0; i < kept.count; i++)
        memset(kept.digests[i].digest + KEPT_DIGEST_SIZE, 0, DIGEST_SIZE - KEPT_DIGEST_SIZE);
    return kept;
}

static size_t hardware_pack(const struct hardware *hardware, uint8_t packed[static PACKED_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < hardware->count; i++) {
        const struct hardware_digest *digest = &hardware->digests[i];
        const size_t kind = strlen(digest->kind) + 1;
        memcpy(packed + size, digest->kind, kind);
        memcpy(packed + size + kind, digest->digest, KEPT_DIGEST_SIZE);
        size += kind + KEPT_DIGEST_SIZE;
    }
    return size;
}

static RESULT hardware_unpack(struct slice packed, struct hardware *ret_hardware)
{
    struct hardware hardware = {0};
    size_t at = 0;
    while (at < packed.size) {
        struct hardware_digest *digest = &hardware.digests[hardware.count];
        const size_t kind = strnlen((const char *)packed.data + at, packed.size - at) + 1;
        ENSURE(hardware.count < HARDWARE_MAX && kind <= KIND_SIZE && at + kind + KEPT_DIGEST_SIZE <= packed.size,
               STORE_CORRUPT);
        memcpy(digest->kind, packed.data + at, kind);
        memcpy(digest->digest, packed.data + at + kind, KEPT_DIGEST_SIZE);
        at += kind + KEPT_DIGEST_SIZE;
        hardware.count++;
    }
    *ret_hardware = hardware;
    return RESULT_OK;
}

/* Its host need not know any more what the machine signed: a number below is one of a machine that was set back. */
static bool may_be_forgotten(const struct book *book, const struct holding *holding)
{
    const seconds last = book->moment - RECORD_KEPT;
    return holding->known && holding->issued < last && holding->expires < last;
}

static RESULT read_holding(const struct book *book, const struct query *row, struct holding *ret_holding)
{
    const seconds expires = column_number(row, 3);
    struct holding holding = {
        .known = expires > 0, .issued = column_number(row, 1), .ends = column_number(row, 2), .expires = expires};
    TRY(column_unsigned(row, 4, &holding.number));
    TRY(column_unsigned(row, 6, &holding.place));
    holding.lost = holding.number > 0 && book_place_lost(book, holding.place);
    if (holding.lost)
        holding.number = 0;
    holding.renewed = column_number(row, 7) != 0;
    uint64_t freed = 0;
    TRY(column_unsigned(row, 8, &freed));
    const bool would_hold = holding.ends <= book->moment && lease_holds(holding.expires, book->moment);
    holding.freed_lost = freed > 0 && would_hold && book_place_lost(book, freed);
    *ret_holding = holding;
    return RESULT_OK;
}

/* Numbers are signed for one host each. */
static void take_number(const struct book *book, uint64_t number, uint64_t place, struct acquaintance *known)
{
    const bool is_here = book_place_host(book, place) == book_place_host(book, book_place(book));
    uint64_t *highest = is_here ? &known->number : &known->elsewhere;
    if (number > *highest)
        *highest = number;
}

static RESULT find_elsewhere(struct book *book, size_t license, const struct machine_id *machine,
                             struct acquaintance *known, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = book_query(book, FIND_ELSEWHERE, reason);
    query_bytes(&query, machine->bytes, MACHINE_ID_SIZE);
    TRY(query_step(&query, &row));
    while (row) {
        uint64_t under = 0;
        uint64_t number = 0;
        uint64_t place = 0;
        TRY(column_unsigned(&query, 0, &under));
        TRY(column_unsigned(&query, 1, &number));
        TRY(column_unsigned(&query, 2, &place));
        ENSURE(under < book->license_count, STORE_CORRUPT);
        if (book->seats[under].product == book->seats[license].product && !book_place_lost(book, place))
            take_number(book, number, place, known);
        TRY(query_step(&query, &row));
    }
    return RESULT_OK;
}

static RESULT put_elsewhere(struct book *book, size_t license, const struct machine_id *machine, uint64_t number,
                            uint64_t place, struct reason *reason)
{
    CLEANUP_QUERY struct query query = book_query(book, PUT_ELSEWHERE, reason);
    query_bytes(&query, machine->bytes, MACHINE_ID_SIZE);
    query_number(&query, (int64_t)license);
    query_number(&query, (int64_t)book_place_host(book, place));
    query_number(&query, (int64_t)number);
    query_number(&query, (int64_t)place);
    book->has_elsewhere = true;
    return query_run(&query, NULL);
}

static bool is_of_another_host(const struct book *book, const struct holding *before)
{
    return before->number > 0 && book_place_host(book, before->place) != book_place_host(book, book_place(book));
}

/* A holding has room for one number, the highest; that of another host goes elsewhere. */
static RESULT part_numbers(struct book *book, size_t license, const struct machine_id *machine, uint64_t number,
                           const struct holding *before, struct reason *reason)
{
    if (number == 0 || !is_of_another_host(book, before))
        return RESULT_OK;
    if (number > before->number)
        return put_elsewhere(book, license, machine, before->number, before->place, reason);
    return put_elsewhere(book, license, machine, number, book_place(book), reason);
}

/* Whether the machine has a seat, and the host of the open ledger must know by which lease. */
static bool must_be_known(const struct book *book, const struct holding *holding)
{
    return holding->known && lease_holds(holding->ends, book->moment) && !holding->lost &&
           !is_of_another_host(book, holding);
}

/* One row of a machine: its holding under one license. */
static RESULT read_row(const struct book *book, const struct query *row, size_t license, seconds *newest,
                       struct acquaintance *known)
{
    uint64_t under = 0;
    struct holding holding;
    TRY(column_unsigned(row, 0, &under));
    TRY(read_holding(book, row, &holding));
    ENSURE(under < book->license_count, STORE_CORRUPT);
    if (under == license)
        known->holding = holding;
    if (book->seats[under].product != book->seats[license].product)
        return RESULT_OK;
    if (!may_be_forgotten(book, &holding))
        take_number(book, holding.number, holding.place, known);
    if (holding.issued <= *newest || !must_be_known(book, &holding))
        return RESULT_OK;
    *newest = holding.issued;
    return hardware_unpack(column_slice(row, 5), &known->hardware);
}

RESULT book_find(struct book *book, size_t license, const struct machine_id *machine, struct acquaintance *ret_known,
                 struct reason *reason)
{
    struct acquaintance known = {.number = 0};
    seconds newest = -1;
    bool row;
    CLEANUP_QUERY struct query query = book_query(book, FIND, reason);
    query_bytes(&query, machine->bytes, MACHINE_ID_SIZE);
    TRY(query_step(&query, &row));
    while (row) {
        TRY(read_row(book, &query, license, &newest, &known));
        TRY(query_step(&query, &row));
    }
    if (book->has_elsewhere)
        TRY(find_elsewhere(book, license, machine, &known, reason));
    *ret_known = known;
    return RESULT_OK;
}

static RESULT put_holding(struct book *book, size_t license, const struct lease *lease, const struct holding *holding,
                          struct reason *reason)
{
    uint8_t packed[PACKED_MAX];
    const size_t size = hardware_pack(&lease->request.hardware, packed);
    CLEANUP_QUERY struct query query = book_query(book, PUT, reason);
    query_bytes(&query, lease->request.machine.bytes, MACHINE_ID_SIZE);
    query_number(&query, (int64_t)license);
    query_number(&query, holding->issued);
    query_number(&query, holding->ends);
    query_number(&query, holding->expires);
    query_number(&query, (int64_t)holding->number);
    query_number(&query, (int64_t)holding->place);
    query_bytes(&query, packed, size);
    query_number(&query, holding->renewed);
    return query_run(&query, NULL);
}

RESULT book_lease(struct book *book, size_t license, const struct lease *lease, uint64_t number,
                  const struct holding *before, struct reason *reason)
{
    struct seats *seats = &book->seats[license];
    const bool held_before = before->known && lease_holds(before->ends, book->moment);
    const bool outstanding_before = before->known && lease_holds(before->expires, book->moment);
    /* Another host has been asked to end it already, with a higher number: it takes no seat. */
    const bool is_ended = !held_before && number > 0 && number < before->number && is_of_another_host(book, before);
    const seconds latest = held_before ? seat_until(before->ends, lease->expires) : lease->expires;
    const seconds ends = is_ended && latest > book->moment ? book->moment : latest;
    TRY(part_numbers(book, license, &lease->request.machine, number, before, reason));
    const bool is_latest = number > before->number || (number > 0 && may_be_forgotten(book, before));
    const struct holding holding = {
        .issued = lease->issued,
        .ends = ends,
        .expires = outstanding_before && before->expires > latest ? before->expires : latest,
        .number = is_latest ? number : before->number,
        .place = is_latest ? book_place(book) : before->place,
        .renewed = held_before || before->freed_lost,
    };
    TRY(put_holding(book, license, lease, &holding, reason));
    if (latest ==
        lease->expires) /* otherwise an earlier lease holds the seat for longer, of which the host may not know */
        TRY(book_trust(book, license, &lease->request.machine, reason));
    else if (before->lost)
        TRY(book_doubt_one(book, license, &lease->request.machine, reason));
    /* Otherwise it has been counted in this month, by an earlier lease or at the month's beginning. */
    if (ends > book->month_start && (!before->known || before->ends <= book->month_start))
        seats->machines++;
    if (holding.expires <= book->moment)
        return RESULT_OK;
    const seconds next = is_ended ? holding.expires : ends;
    if (next < book->next_end)
        book->next_end = next;
    seats->held += !held_before && !is_ended;
    seats->outstanding += !outstanding_before;
    seats_keep_peaks(seats);
    return RESULT_OK;
}

static RESULT end_holding(struct book *book, size_t license, const struct machine_id *machine, struct reason *reason)
{
    CLEANUP_QUERY struct query query = book_query(book, END, reason);
    query_bytes(&query, machine->bytes, MACHINE_ID_SIZE);
    query_number(&query, (int64_t)license);
    query_number(&query, book->moment);
    query_number(&query, (int64_t)book_place(book));
    return query_run(&query, NULL);
}

RESULT book_free_seat(struct book *book, size_t license, const struct machine_id *machine, const struct holding *before,
                      struct reason *reason)
{
    if (!before->known || before->ends <= book->moment)
        return RESULT_OK;
    TRY(end_holding(book, license, machine, reason));
    book->seats[license].held--;
    return RESULT_OK;
}

RESULT book_count_return(struct book *book, size_t license, enum book_return way, seconds time, struct reason *reason)
{
    CLEANUP_QUERY struct query query = book_query(book, PUT_RETURN, reason);
    query_number(&query, (int64_t)license);
    query_number(&query, way);
    query_number(&query, time);
    query_number(&query, (int64_t)book_place(book));
    return query_run(&query, NULL);
}

RESULT book_returns(struct book *book, size_t license, enum book_return way, seconds after, uint64_t *ret_count,
                    struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = book_query(book, RETURNS, reason);
    query_number(&query, (int64_t)license);
    query_number(&query, way);
    query_number(&query, after);
    TRY(query_step(&query, &row));
    *ret_count = 0;
    while (row) {
        uint64_t place = 0;
        TRY(column_unsigned(&query, 0, &place));
        *ret_count += !book_place_lost(book, place);
        TRY(query_step(&query, &row));
    }
    return RESULT_OK;
}

bool book_stands_at(const struct book *book, const struct holding *holding, const char *host, uint64_t epoch,
                    uint64_t index)
{
    for (size_t i = 0; i < book->ledger_count; i++)
        if (book->ledgers[i].epoch == epoch && strcmp(book->ledgers[i].host, host) == 0)
            return holding->number > 0 && holding->place == book_place_of(i, index);
    return false;
}

RESULT book_number(struct book *book, size_t license, const struct machine_id *machine, uint64_t number,
                   const struct holding *before, struct reason *reason)
{
    TRY(part_numbers(book, license, machine, number, before, reason));
    if (number <= before->number)
        return RESULT_OK;
    CLEANUP_QUERY struct query query = book_query(book, PUT_NUMBER, reason);
    query_bytes(&query, machine->bytes, MACHINE_ID_SIZE);
    query_number(&query, (int64_t)license);
    query_number(&query, (int64_t)number);
    query_number(&query, (int64_t)book_place(book));
    return query_run(&query, NULL);
}

/* The true-up */

RESULT book_each_month(struct book *book, int first_month,
                       RESULT (*each)(void *context, const struct book_month *month), void *context,
                       struct reason *reason)
{
    static const char SQL[] = "SELECT license, month, machines, peak, outstanding FROM month WHERE month >= ?"
                              " ORDER BY 1, 2";
    bool row;
    TRY(book_write_month(book, reason));
    CLEANUP_QUERY struct query query = query_once(&book->database, SQL, reason);
    query_number(&query, first_month);
    TRY(query_step(&query, &row));
    while (row) {
        const struct book_month month = {.license = (size_t)column_number(&query, 0),
                                         .month = (int)column_number(&query, 1),
                                         .machines = (uint64_t)column_number(&query, 2),
                                         .peak = (uint64_t)column_number(&query, 3),
                                         .outstanding = (uint64_t)column_number(&query, 4)};
        TRY(each(context, &month));
        TRY(query_step(&query, &row));
    }
    return RESULT_OK;
}
