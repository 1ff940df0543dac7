/* What the tables do not have yet, in memory: rows by machine, changes of moments, and bringing them into order. */
#include "fixture.h"

#include "sqlite/journal/encoding.h"
#include "sqlite/journal/overlay.h"

#include <stdlib.h>
#include <string.h>

enum { MANY = 12000 }; /* more than two blocks of the largest rows */

static size_t text_of(uint32_t number, size_t size, uint8_t *out)
{
    memset(out, (int)(number + size), size);
    return size;
}

static void put(struct row_map *map, uint32_t license, uint32_t number, size_t size)
{
    const struct machine_id machine = machine_of(number);
    uint8_t bytes[ROW_BYTES_MAX];
    rows_put(map, license, &machine, slice_make(bytes, text_of(number, size, bytes)));
}

static bool has(const struct row_map *map, uint32_t license, uint32_t number, size_t size)
{
    const struct machine_id machine = machine_of(number);
    const struct overlay_row *const row = rows_find(map, license, &machine);
    uint8_t bytes[ROW_BYTES_MAX];
    return row != NULL && row->license == license && memcmp(&row->machine, &machine, sizeof machine) == 0 &&
           row->size == size && memcmp(row->bytes, bytes, text_of(number, size, bytes)) == 0;
}

static void rows_are_found_by_license_and_machine(void **state)
{
    (void)state;
    struct row_map map = {0};
    const struct machine_id absent = machine_of(MANY);
    assert_null(rows_find(&map, 1, &absent));
    for (uint32_t i = 0; i < MANY; i++) {
        assert_ok(rows_reserve(&map, 1));
        put(&map, 1 + i % 3, i / 3, 1 + i % ROW_BYTES_MAX);
        assert_true(map.count <= map.capacity / 3 * 2);
    }
    assert_int_equal(map.count, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        assert_true(has(&map, 1 + i % 3, i / 3, 1 + i % ROW_BYTES_MAX));
    assert_null(rows_find(&map, 4, &absent));
    assert_null(rows_find(&map, 1, &absent));
    rows_free(&map);
}

/* Adding after a reserve cannot fail, whatever was there before, and however large the rows are. */
static void a_reserve_is_enough_for_the_largest_rows(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 170, 171, 5000, 5460, 5461, 5462, 6000, 10922, MANY};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct row_map map = {0};
        uint32_t put_so_far = 0;
        for (int round = 0; round < 2; round++) {
            assert_ok(rows_reserve(&map, counts[i]));
            const size_t capacity = map.capacity;
            const size_t blocks = map.block_count;
            for (uint32_t k = 0; k < counts[i]; k++)
                put(&map, 1, put_so_far++, ROW_BYTES_MAX);
            assert_int_equal(map.capacity, capacity);
            assert_int_equal(map.block_count, blocks);
            assert_true(map.block < map.block_count);
            assert_true(map.count <= map.capacity / 3 * 2);
        }
        for (uint32_t k = 0; k < put_so_far; k++)
            assert_true(has(&map, 1, k, ROW_BYTES_MAX));
        rows_free(&map);
    }
}

static void a_row_put_again_takes_the_place_of_the_one_before(void **state)
{
    (void)state;
    struct row_map map = {0};
    static const size_t sizes[] = {20, 20, 5, 24, 100, 99, ROW_BYTES_MAX, 1};
    assert_ok(rows_reserve(&map, 100));
    for (uint32_t i = 0; i < 10; i++)
        put(&map, 1, i, 20);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        put(&map, 1, 4, sizes[i]);
        assert_int_equal(map.count, 10);
        assert_true(has(&map, 1, 4, sizes[i]));
        assert_true(has(&map, 1, 3, 20) && has(&map, 1, 5, 20));
    }
    rows_free(&map);
}

static void each_row_comes_once_and_a_clear_forgets_all(void **state)
{
    (void)state;
    static const uint32_t counts[] = {100, MANY}; /* of which the first keeps the memory */
    for (size_t i = 0; i < 2; i++) {
        struct row_map map = {0};
        const struct machine_id machine = machine_of(1);
        const struct overlay_row *row;
        static uint8_t seen[MANY];
        size_t at = 0;
        size_t found = 0;
        memset(seen, 0, sizeof seen);
        assert_null(rows_next(&map, &at));
        assert_ok(rows_reserve(&map, counts[i]));
        for (uint32_t k = 0; k < counts[i]; k++)
            put(&map, 1, k, ROW_BYTES_MAX);
        for (at = 0; (row = rows_next(&map, &at)) != NULL; found++) {
            const uint32_t number = (uint32_t)row->machine.bytes[6] << 8 | row->machine.bytes[7];
            assert_int_equal(seen[number]++, 0);
        }
        assert_int_equal(found, counts[i]);
        rows_clear(&map);
        assert_null(rows_find(&map, 1, &machine));
        at = 0;
        assert_null(rows_next(&map, &at));
        assert_ok(rows_reserve(&map, counts[i]));
        for (uint32_t k = 0; k < counts[i]; k++)
            put(&map, 2, k, 9);
        assert_int_equal(map.count, counts[i]);
        assert_true(has(&map, 2, 0, 9) && has(&map, 2, counts[i] - 1, 9));
        assert_null(rows_find(&map, 1, &machine));
        rows_free(&map);
    }
}

/* ---- moments ---- */

static void sums_are_those_of_adding_one_by_one(void **state)
{
    (void)state;
    enum { KEYS = 1000 };
    struct tally_map map = {0};
    int64_t changes[KEYS + 1] = {0};
    assert_int_equal(tallies_sum(&map, 1, UINT64_MAX), 0);
    for (uint64_t i = 0; i < 3 * (uint64_t)KEYS; i++) {
        const uint64_t key = 1 + i * 7919 % KEYS;
        const int64_t change = i % 5 == 0 ? -3 : (int64_t)(i % 4);
        assert_ok(tallies_reserve(&map, 1));
        tallies_add(&map, key, change);
        changes[key] += change;
        assert_true(map.count <= map.capacity / 3 * 2);
    }
    assert_int_equal(map.count, KEYS);
    for (uint64_t first = 1; first <= KEYS; first += 97) {
        int64_t expected = 0;
        for (uint64_t last = first; last <= KEYS; last++) {
            expected += changes[last];
            assert_int_equal(tallies_sum(&map, first, last), expected);
        }
        /* A wide range is summed in another way. */
        assert_int_equal(tallies_sum(&map, first, first + 2 * map.capacity), expected);
        assert_int_equal(tallies_sum(&map, first + 1, first + map.capacity), expected - changes[first]);
        assert_int_equal(tallies_sum(&map, first, first - 1), 0);
    }
    tallies_clear(&map);
    assert_int_equal(map.count, 0);
    assert_int_equal(tallies_sum(&map, 1, 10), 0);
    assert_int_equal(tallies_sum(&map, 1, UINT64_MAX), 0);
    tallies_free(&map);
}

static void a_reserve_is_enough_for_all_new_moments(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 170, 171, 340, 341, 682, 70000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct tally_map map = {0};
        assert_ok(tallies_reserve(&map, counts[i]));
        const size_t capacity = map.capacity;
        for (uint64_t key = 1; key <= counts[i]; key++)
            tallies_add(&map, key, 1);
        assert_int_equal(map.capacity, capacity);
        assert_true(map.count <= map.capacity / 3 * 2);
        assert_int_equal(tallies_sum(&map, 1, UINT64_MAX), (int64_t)counts[i]);
        tallies_clear(&map);
        assert_ok(tallies_reserve(&map, 1));
        tallies_add(&map, 5, 1);
        assert_int_equal(tallies_sum(&map, 1, UINT64_MAX), 1);
        tallies_free(&map);
    }
}

static void a_machine_that_changes_moves_its_moments(void **state)
{
    (void)state;
    static const struct {
        struct machine_times before;
        struct machine_times after;
        size_t moments;
    } rows[] = {
        {{0, 0}, {0, 0}, 0},   {{0, 0}, {5, 0}, 1},   {{0, 0}, {5, 9}, 2},     {{5, 9}, {5, 9}, 0},
        {{5, 9}, {6, 9}, 2},   {{5, 9}, {5, 10}, 2},  {{5, 9}, {6, 10}, 4},    {{5, 9}, {0, 0}, 2},
        {{-1, -1}, {1, 1}, 2}, {{1, 1}, {-1, -1}, 2}, {{-2, -2}, {-1, -1}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tally_map map = {0};
        assert_ok(tallies_reserve(&map, TALLIES_OF_A_PUT));
        generation_tally(&map, 3, &rows[i].before, &rows[i].after);
        assert_int_equal(map.count, rows[i].moments);
        for (int kind = 0; kind < 2; kind++) {
            const seconds before = kind == MOMENT_EXPIRES ? rows[i].before.expires : rows[i].before.last_request;
            const seconds after = kind == MOMENT_EXPIRES ? rows[i].after.expires : rows[i].after.last_request;
            for (seconds time = 1; time <= 10; time++) {
                const uint64_t key = moment_key(3, (enum moment_kind)kind, time);
                assert_int_equal(tallies_sum(&map, key, key), (after == time) - (before == time));
            }
        }
        tallies_free(&map);
    }
}

static void a_generation_has_room_for_so_many_puts(void **state)
{
    (void)state;
    struct generation generation = {0};
    assert_ok(generation_reserve(&generation, 500));
    const size_t rows = generation.rows.capacity;
    const size_t tallies = generation.tallies.capacity;
    for (uint32_t i = 0; i < 500; i++) {
        const struct machine_times before = {1 + 4 * (seconds)i, 2 + 4 * (seconds)i};
        const struct machine_times after = {3 + 4 * (seconds)i, 4 + 4 * (seconds)i};
        put(&generation.rows, 1, i, ROW_BYTES_MAX);
        generation_tally(&generation.tallies, 1, &before, &after);
    }
    assert_int_equal(generation.rows.capacity, rows);
    assert_int_equal(generation.tallies.capacity, tallies);
    assert_int_equal(generation.tallies.count, 500 * TALLIES_OF_A_PUT);
    assert_true(generation.tallies.count <= tallies / 3 * 2);
    generation_free(&generation);
}

/* ---- order ---- */

static int compare_keys(const void *left, const void *right)
{
    const struct ordered *const a = left;
    const struct ordered *const b = right;
    return a->key != b->key ? (a->key < b->key ? -1 : 1) : (a->value > b->value) - (a->value < b->value);
}

static void items_of_any_keys_come_into_order(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 255, 257, 2000};
    static const unsigned bits[] = {0, 1, 8, 9, 33, 56, 63};
    static struct ordered items[2000];
    static struct ordered expected[2000];
    static struct ordered spare[2000];
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
            uint64_t key = UINT64_C(0x9e3779b97f4a7c15) * (b + 1); /* two of them come in either order */
            for (size_t i = 0; i < counts[c]; i++) {
                key = key * UINT64_C(6364136223846793005) + 1442695040888963407;
                items[i] = (struct ordered){key >> bits[b] << bits[b] >> bits[(b + c) % 7], (int64_t)i};
            }
            memcpy(expected, items, sizeof items);
            if (counts[c] > 0)
                qsort(expected, counts[c], sizeof *expected, compare_keys);
            order(items, spare, counts[c]);
            assert_memory_equal(items, expected, counts[c] * sizeof *items);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_license_and_machine),
        cmocka_unit_test(a_reserve_is_enough_for_the_largest_rows),
        cmocka_unit_test(a_row_put_again_takes_the_place_of_the_one_before),
        cmocka_unit_test(each_row_comes_once_and_a_clear_forgets_all),
        cmocka_unit_test(sums_are_those_of_adding_one_by_one),
        cmocka_unit_test(a_reserve_is_enough_for_all_new_moments),
        cmocka_unit_test(a_machine_that_changes_moves_its_moments),
        cmocka_unit_test(a_generation_has_room_for_so_many_puts),
        cmocka_unit_test(items_of_any_keys_come_into_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
