/* Rows and records of the journal as bytes: read as they were written, and nothing else is read. */
#include "fixture.h"

#include "sqlite/journal/encoding.h"
#include "sqlite/statements.h"

#include <stdio.h>
#include <string.h>

static void a_number_takes_seven_bits_a_byte(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        size_t size;
    } rows[] = {
        {0, 1},           {1, 1},         {127, 1},
        {128, 2},         {16383, 2},     {16384, 3},
        {UINT32_MAX, 5},  {INT64_MAX, 9}, {UINT64_C(1) << 63, 10},
        {UINT64_MAX, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[NUMBER_BYTES_MAX + 1];
        memset(bytes, 0x5a, sizeof bytes);
        const size_t size = number_write(rows[i].value, bytes);
        assert_int_equal(size, rows[i].size);
        assert_int_equal(bytes[size], 0x5a);
        struct slice left = slice_make(bytes, size + 1);
        uint64_t value = 0;
        assert_ok(number_read(&left, &value));
        assert_int_equal(value, rows[i].value);
        assert_int_equal(left.size, 1);
        assert_ptr_equal(left.data, bytes + size);
        for (size_t cut = 0; cut < size; cut++) {
            left = slice_make(bytes, cut);
            assert_fails(number_read(&left, &value), STORE_CORRUPT);
            assert_int_equal(left.size, cut);
        }
    }
}

static void a_number_beyond_64_bits_is_corrupt(void **state)
{
    (void)state;
    static const uint8_t bad[][12] = {
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
        {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct slice left = slice_make(bad[i], sizeof bad[i]);
        uint64_t value = 7;
        assert_fails(number_read(&left, &value), STORE_CORRUPT);
        assert_int_equal(value, 7);
    }
}

/* The smallest and the largest of everything. */
static struct machine_row largest(void)
{
    struct machine_row row;
    memset(&row, 0, sizeof row);
    row.record = (struct machine_record){
        .first_request = INT64_MIN,
        .last_request = INT64_MAX,
        .requests = UINT64_MAX,
        .issued = -1,
        .ends = INT64_MAX,
        .expires = INT64_MIN + 1,
        .released = true,
        .renewed = true,
        .paced = INT64_MAX - 1,
        .reclaimed = {LEDGERS_MAX - 1, UINT64_MAX},
        .leaf = UINT64_MAX,
        .ledger = LEDGERS_MAX - 1,
        .number = UINT64_MAX,
        .heard = {UINT64_MAX, INT64_MIN},
        .last_denial = UINT32_MAX,
    };
    memset(row.record.note.bytes, 0xbb, HASH_SIZE);
    memset(row.record.hardware.bytes, 0xcc, sizeof row.record.hardware.bytes);
    memset(row.address, 'x', ADDRESS_TEXT_SIZE - 1);
    return row;
}

static void assert_same_row(const struct machine_row *a, const struct machine_row *b)
{
    assert_int_equal(a->record.first_request, b->record.first_request);
    assert_int_equal(a->record.last_request, b->record.last_request);
    assert_int_equal(a->record.requests, b->record.requests);
    assert_int_equal(a->record.issued, b->record.issued);
    assert_int_equal(a->record.ends, b->record.ends);
    assert_int_equal(a->record.expires, b->record.expires);
    assert_int_equal(a->record.released, b->record.released);
    assert_int_equal(a->record.renewed, b->record.renewed);
    assert_int_equal(a->record.paced, b->record.paced);
    assert_int_equal(a->record.reclaimed.ledger, b->record.reclaimed.ledger);
    assert_int_equal(a->record.reclaimed.leaf, b->record.reclaimed.leaf);
    assert_int_equal(a->record.leaf, b->record.leaf);
    assert_int_equal(a->record.ledger, b->record.ledger);
    assert_int_equal(a->record.last_denial, b->record.last_denial);
    assert_int_equal(a->record.number, b->record.number);
    assert_int_equal(a->record.heard.number, b->record.heard.number);
    assert_int_equal(a->record.heard.time, b->record.heard.time);
    assert_memory_equal(a->record.note.bytes, b->record.note.bytes, HASH_SIZE);
    assert_memory_equal(&a->record.hardware, &b->record.hardware, sizeof a->record.hardware);
    assert_string_equal(a->address, b->address);
}

static void a_row_is_read_as_it_was_written_and_no_part_of_it(void **state)
{
    (void)state;
    const struct machine_row rows[] = {largest(), row_of(8, 1790000000, 0), row_of(1, -1, 1), {.address = ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[ROW_BYTES_MAX + 1];
        memset(bytes, 0x5a, sizeof bytes);
        const size_t size = row_write(&rows[i], bytes);
        assert_true(size <= ROW_BYTES_MAX);
        assert_int_equal(bytes[size], 0x5a);
        struct machine_row row;
        struct machine_times times;
        assert_ok(row_read(slice_make(bytes, size), &row));
        assert_same_row(&row, &rows[i]);
        assert_ok(row_times(slice_make(bytes, size), &times));
        assert_int_equal(times.last_request, rows[i].record.last_request);
        assert_int_equal(times.expires, rows[i].record.expires);
        uint8_t number[NUMBER_BYTES_MAX];
        const uint64_t expires = (uint64_t)rows[i].record.expires;
        const size_t last = number_write(expires << 1 ^ (rows[i].record.expires < 0 ? UINT64_MAX : 0), number);
        const uint64_t request = (uint64_t)rows[i].record.last_request;
        const size_t first = number_write(request << 1 ^ (rows[i].record.last_request < 0 ? UINT64_MAX : 0), number);
        assert_ok(row_times(slice_make(bytes, first + last), &times));
        for (size_t cut = 0; cut < first + last; cut++)
            assert_fails(row_times(slice_make(bytes, cut), &times), STORE_CORRUPT);
        for (size_t cut = 0; cut < size - strlen(rows[i].address); cut++)
            assert_fails(row_read(slice_make(bytes, cut), &row), STORE_CORRUPT);
    }
}

static size_t write_raw(uint64_t last_number, struct slice address, uint8_t *out)
{
    size_t size = 0;
    for (size_t i = 0; i < ROW_NUMBERS; i++)
        size += number_write(i == ROW_NUMBERS - 1 ? last_number : i, out + size);
    memset(out + size, 0, HASH_SIZE + sizeof(struct hardware_mark));
    size += HASH_SIZE + sizeof(struct hardware_mark);
    if (address.size > 0)
        memcpy(out + size, address.data, address.size);
    return size + address.size;
}

static void a_row_that_no_writer_writes_is_corrupt(void **state)
{
    (void)state;
    uint8_t bytes[2 * ROW_BYTES_MAX];
    char address[ADDRESS_TEXT_SIZE];
    struct machine_row row;
    memset(address, 'x', sizeof address);
    const struct slice too_long = slice_make(address, ADDRESS_TEXT_SIZE);
    const struct slice longest = slice_make(address, ADDRESS_TEXT_SIZE - 1);
    const struct slice none = slice_make(NULL, 0);
    assert_fails(row_read(slice_make(bytes, write_raw(0, too_long, bytes)), &row), STORE_CORRUPT);
    assert_ok(row_read(slice_make(bytes, write_raw(0, longest, bytes)), &row));
    const uint64_t denial_end = (uint64_t)UINT32_MAX + 1;
    assert_fails(row_read(slice_make(bytes, write_raw(denial_end << 2, none, bytes)), &row), STORE_CORRUPT);
    assert_ok(row_read(slice_make(bytes, write_raw((denial_end - 1) << 2 | 1, none, bytes)), &row));
    assert_int_equal(row.record.last_denial, UINT32_MAX);
    assert_true(row.record.released);
    assert_false(row.record.renewed);
}

static void records_follow_each_other_and_none_is_read_in_part(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(4096);
    const struct machine_row rows[] = {largest(), row_of(2, 1790000000, 1790003600)};
    struct journal_record records[2];
    uint8_t bytes[2][ROW_BYTES_MAX];
    size_t ends[2];
    for (size_t i = 0; i < 2; i++) {
        records[i] = (struct journal_record){.license = i == 0 ? UINT32_MAX : 1,
                                             .machine = machine_of(i + 1),
                                             .before = {-(seconds)i, 77},
                                             .row = slice_make(bytes[i], row_write(&rows[i], bytes[i]))};
        record_write(&records[i], &text);
        ends[i] = text.size;
    }
    struct slice left = buffer_slice(&text);
    struct journal_record read;
    for (size_t i = 0; i < 2; i++) {
        assert_ok(record_read(&left, &read));
        assert_int_equal(left.size, text.size - ends[i]);
        assert_int_equal(read.license, records[i].license);
        assert_memory_equal(&read.machine, &records[i].machine, sizeof read.machine);
        assert_int_equal(read.before.last_request, records[i].before.last_request);
        assert_int_equal(read.before.expires, records[i].before.expires);
        assert_true(slice_equal(read.row, records[i].row));
    }
    for (size_t cut = 0; cut < ends[0]; cut++) {
        left = slice_make(text.data, cut);
        assert_fails(record_read(&left, &read), STORE_CORRUPT);
    }
}

/* license (number), machine, two times, size of the row, and so many bytes */
static RESULT read_record(uint64_t license, uint8_t size, size_t bytes)
{
    uint8_t text[1024] = {0};
    size_t at = number_write(license, text);
    at += MACHINE_ID_SIZE + 2;
    text[at++] = size;
    struct slice left = slice_make(text, at + bytes);
    struct journal_record record;
    TRY(record_read(&left, &record));
    assert_int_equal(left.size, bytes - size);
    return RESULT_OK;
}

static void a_record_that_no_writer_writes_is_corrupt(void **state)
{
    (void)state;
    _Static_assert(ROW_BYTES_MAX < UINT8_MAX, "a larger row can be claimed");
    assert_ok(read_record(1, ROW_BYTES_MAX, 512));
    assert_ok(read_record(1, ROW_BYTES_MAX, ROW_BYTES_MAX));
    assert_ok(read_record(1, 0, 0));
    assert_fails(read_record(1, ROW_BYTES_MAX, ROW_BYTES_MAX - 1), STORE_CORRUPT);
    assert_fails(read_record(1, ROW_BYTES_MAX + 1, 512), STORE_CORRUPT);
    assert_ok(read_record(UINT32_MAX, 3, 3));
    assert_fails(read_record((uint64_t)UINT32_MAX + 1, 3, 3), STORE_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_takes_seven_bits_a_byte),
        cmocka_unit_test(a_number_beyond_64_bits_is_corrupt),
        cmocka_unit_test(a_row_is_read_as_it_was_written_and_no_part_of_it),
        cmocka_unit_test(a_row_that_no_writer_writes_is_corrupt),
        cmocka_unit_test(records_follow_each_other_and_none_is_read_in_part),
        cmocka_unit_test(a_record_that_no_writer_writes_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
