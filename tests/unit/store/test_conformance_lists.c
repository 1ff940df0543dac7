/* What store.h promises, asked of every kind of store: lists of machines, denials, and ledgers. */
#include "fixture.h"

#include "conformance.h"

#include <stdio.h>
#include <string.h>

#define NOW ((seconds)1790000000)

static struct store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

/* ---- lists of machines ---- */

enum { LISTED_MAX = 32 };
struct listed {
    size_t count;
    size_t stop_at; /* 0: never */
    struct machine_entry entries[LISTED_MAX];
};

static bool collect(void *context, const struct machine_entry *entry)
{
    struct listed *const listed = context;
    assert_true(listed->count < LISTED_MAX);
    listed->entries[listed->count++] = *entry;
    return listed->count != listed->stop_at;
}

/*
 * Machines 0x1000..., 0x1100... and so on up to 0x1900... under two licenses, the odd ones under the second; each holds
 * a lease up to hour number / 0x100. 0x1200... and 0x1300... are blocked, and so are 0x0100... and 0xff00..., which
 * never asked. The ids are numbers shifted to the front, so that their hex digits begin with them.
 */
static struct machine_id front(unsigned number)
{
    return machine_of((uint64_t)number << 48);
}

static void fill(struct store *store, uint32_t licenses[2])
{
    uint32_t ledger;
    assert_ok(store_begin(store));
    assert_ok(store_ledger(store, "o", &ledger));
    assert_ok(store_license(store, ledger, "l-1", &licenses[0]));
    assert_ok(store_license(store, ledger, "l-2", &licenses[1]));
    for (unsigned i = 0; i < 10; i++) {
        const struct machine_id machine = front(0x1000 + 0x100 * i);
        const struct machine_row row = row_of(i, NOW, NOW + (seconds)i * HOUR);
        assert_ok(store_machine_put(store, licenses[i % 2], &machine, &row));
    }
    static const unsigned blocked[] = {0x1200, 0x1300, 0x0100, 0xff00};
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) {
        const struct machine_id machine = front(blocked[i]);
        assert_ok(store_block(store, &machine, NOW + (seconds)i, i == 0 ? "stolen" : ""));
    }
    assert_ok(store_commit(store));
}

/* What a list shows of each machine: its first two bytes. */
static void assert_listed(const struct listed *listed, const unsigned *numbers, size_t count)
{
    assert_int_equal(listed->count, count);
    for (size_t i = 0; i < count; i++) {
        const struct machine_id machine = front(numbers[i]);
        assert_memory_equal(&listed->entries[i].machine, &machine, sizeof machine);
    }
}

static void lists_show_the_machines_that_pass_the_filter(void **state)
{
    struct store *const store = store_of(state);
    uint32_t licenses[2];
    fill(store, licenses);
    const struct {
        struct machine_filter filter;
        size_t count;
        unsigned expected[12];
    } cases[] = {
        {{.limit = 20},
         12,
         {0x0100, 0xff00, 0x1000, 0x1200, 0x1400, 0x1600, 0x1800, 0x1100, 0x1300, 0x1500, 0x1700, 0x1900}},
        {{.limit = 3}, 3, {0x0100, 0xff00, 0x1000}},
        {{.limit = 20, .license = licenses[1]}, 5, {0x1100, 0x1300, 0x1500, 0x1700, 0x1900}},
        {{.limit = 20, .license = 77}, 0, {0}},
        {{.limit = 20, .id_prefix = "13"}, 1, {0x1300}},
        {{.limit = 20, .id_prefix = "1"},
         10,
         {0x1000, 0x1200, 0x1400, 0x1600, 0x1800, 0x1100, 0x1300, 0x1500, 0x1700, 0x1900}},
        {{.limit = 20, .id_prefix = "FF0"}, 1, {0xff00}},
        {{.limit = 20, .id_prefix = "12000000000000000000000000000000"}, 1, {0x1200}},
        {{.limit = 20, .id_prefix = "120000000000000000000000000000000"}, 0, {0}},
        {{.limit = 20, .id_prefix = "1x"}, 0, {0}},
        {{.limit = 20, .address = "2001:db8::4"}, 1, {0x1400}},
        {{.limit = 20, .address = ""}, 2, {0x0100, 0xff00}},
        {{.limit = 20, .blocked_only = true}, 4, {0x0100, 0xff00, 0x1200, 0x1300}},
        {{.limit = 20, .blocked_only = true, .license = licenses[0]}, 1, {0x1200}},
        {{.limit = 20, .blocked_only = true, .id_prefix = "13"}, 1, {0x1300}},
        {{.limit = 20, .holding_only = true, .now = NOW + 7 * HOUR}, 2, {0x1800, 0x1900}},
        {{.limit = 20, .holding_only = true, .blocked_only = true, .now = NOW + 2 * HOUR}, 1, {0x1300}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct listed listed = {0};
        assert_ok(store_machines(store, &cases[i].filter, collect, &listed));
        assert_listed(&listed, cases[i].expected, cases[i].count);
    }
}

static void a_listed_machine_says_what_is_known_of_it(void **state)
{
    struct store *const store = store_of(state);
    uint32_t licenses[2];
    struct listed listed = {0};
    fill(store, licenses);
    assert_ok(store_machines(store, &(struct machine_filter){.limit = 4}, collect, &listed));
    const struct machine_entry *const never = &listed.entries[0];
    assert_int_equal(never->license, 0);
    assert_true(never->blocked);
    assert_int_equal(never->blocked_since, NOW + 2);
    assert_int_equal(never->row.record.last_request, 0);
    const struct machine_entry *const plain = &listed.entries[2];
    assert_int_equal(plain->license, licenses[0]);
    assert_false(plain->blocked);
    assert_int_equal(plain->blocked_since, 0);
    assert_string_equal(plain->blocked_reason, "");
    const struct machine_entry *const blocked = &listed.entries[3];
    assert_true(blocked->blocked);
    assert_int_equal(blocked->blocked_since, NOW);
    assert_string_equal(blocked->blocked_reason, "stolen");
    assert_int_equal(blocked->row.record.requests, 3);
    assert_string_equal(blocked->row.address, "2001:db8::2");
}

static void a_list_continues_behind_the_last_of_the_page_before(void **state)
{
    struct store *const store = store_of(state);
    uint32_t licenses[2];
    struct listed whole = {0};
    fill(store, licenses);
    assert_ok(store_machines(store, &(struct machine_filter){.limit = 20}, collect, &whole));
    for (size_t limit = 1; limit < 5; limit++) {
        struct listed pages = {0};
        size_t before;
        do {
            struct machine_filter filter = {.limit = limit};
            before = pages.count;
            if (before > 0)
                filter.after = &pages.entries[before - 1];
            assert_ok(store_machines(store, &filter, collect, &pages));
        } while (pages.count > before);
        assert_int_equal(pages.count, whole.count);
        for (size_t i = 0; i < whole.count; i++)
            assert_memory_equal(&pages.entries[i].machine, &whole.entries[i].machine, sizeof(struct machine_id));
    }
}

static void a_list_stops_when_it_is_told_to(void **state)
{
    struct store *const store = store_of(state);
    uint32_t licenses[2];
    fill(store, licenses);
    for (size_t stop_at = 1; stop_at <= 4; stop_at++) {
        struct listed listed = {.stop_at = stop_at};
        assert_ok(store_machines(store, &(struct machine_filter){.limit = 20}, collect, &listed));
        assert_int_equal(listed.count, stop_at);
    }
}

/* ---- denials ---- */

struct denied {
    size_t count;
    size_t stop_at;
    struct denial_entry newest;
    struct denial_entry oldest;
};

static bool note_denial(void *context, const struct denial_entry *entry)
{
    struct denied *const denied = context;
    if (denied->count == 0)
        denied->newest = *entry;
    else
        assert_true(entry->number < denied->oldest.number);
    denied->oldest = *entry;
    denied->count++;
    return denied->count != denied->stop_at;
}

static void add_denials(struct store *store, unsigned count)
{
    assert_ok(store_begin(store));
    for (unsigned i = 0; i < count; i++) {
        struct denial_entry entry = {.time = NOW + i, .machine = machine_of(i % 5), .code = 100 + i % 7};
        snprintf(entry.vendor, sizeof entry.vendor, "acme.example");
        snprintf(entry.product, sizeof entry.product, "studio");
        snprintf(entry.edition, sizeof entry.edition, "pro");
        snprintf(entry.message, sizeof entry.message, "count %u", i);
        snprintf(entry.address, sizeof entry.address, "192.0.2.%u", i % 200);
        assert_ok(store_denial_add(store, &entry));
    }
    assert_ok(store_commit(store));
}

static void denials_come_newest_first_and_whole(void **state)
{
    struct store *const store = store_of(state);
    struct denied denied = {0};
    add_denials(store, 12);
    assert_ok(store_denials(store, NULL, 0, 100, note_denial, &denied));
    assert_int_equal(denied.count, 12);
    const struct machine_id machine = machine_of(11 % 5);
    assert_int_equal(denied.newest.time, NOW + 11);
    assert_memory_equal(&denied.newest.machine, &machine, sizeof machine);
    assert_string_equal(denied.newest.vendor, "acme.example");
    assert_string_equal(denied.newest.product, "studio");
    assert_string_equal(denied.newest.edition, "pro");
    assert_int_equal(denied.newest.code, 100 + 11 % 7);
    assert_string_equal(denied.newest.message, "count 11");
    assert_string_equal(denied.newest.address, "192.0.2.11");
    assert_int_equal(denied.oldest.time, NOW);
}

static void denials_can_be_asked_by_machine_page_and_limit(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(2);
    struct denied all = {0};
    struct denied of_machine = {0};
    struct denied page = {0};
    struct denied stopped = {.stop_at = 2};
    add_denials(store, 12);
    assert_ok(store_denials(store, NULL, 0, 4, note_denial, &all));
    assert_int_equal(all.count, 4);
    assert_ok(store_denials(store, NULL, all.oldest.number, 100, note_denial, &page));
    assert_int_equal(page.count, 8);
    assert_int_equal(page.newest.number, all.oldest.number - 1);
    assert_ok(store_denials(store, &machine, 0, 100, note_denial, &of_machine));
    assert_int_equal(of_machine.count, 2);
    assert_int_equal(of_machine.newest.time, NOW + 7);
    assert_ok(store_denials(store, NULL, 0, 100, note_denial, &stopped));
    assert_int_equal(stopped.count, 2);
}

static void only_the_newest_denials_are_kept(void **state)
{
    struct store *const store = store_of(state);
    struct denied denied = {0};
    add_denials(store, DENIALS_KEPT);
    add_denials(store, 3);
    assert_ok(store_denials(store, NULL, 0, SIZE_MAX, note_denial, &denied));
    assert_int_equal(denied.count, DENIALS_KEPT);
    assert_int_equal(denied.newest.time, NOW + 2);
    assert_int_equal(denied.oldest.time, NOW + 3);
}

/* ---- ledgers ---- */

static void append_leaves(struct store *store, uint32_t ledger, uint64_t first, size_t count)
{
    assert_ok(store_begin(store));
    for (size_t i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof text, "leaf %u of %u", (unsigned)(first + i), ledger);
        const struct slice leaf = slice_of(text);
        assert_ok(store_leaves_append(store, ledger, first + i, &leaf, 1));
    }
    assert_ok(store_commit(store));
}

struct leaves_seen {
    uint64_t next;
    size_t count;
    size_t stop_at;
    uint32_t ledger;
};

static bool see_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct leaves_seen *const seen = context;
    char text[32];
    assert_int_equal(index, seen->next);
    snprintf(text, sizeof text, "leaf %u of %u", (unsigned)index, seen->ledger);
    assert_true(slice_is(leaf, text));
    seen->next++;
    seen->count++;
    return seen->count != seen->stop_at;
}

static void leaves_come_back_in_order_and_each_ledger_has_its_own(void **state)
{
    struct store *const store = store_of(state);
    uint64_t size;
    append_leaves(store, 1, 0, 5);
    append_leaves(store, 2, 0, 3);
    append_leaves(store, 1, 5, 5);
    assert_ok(store_ledger_size(store, 1, &size));
    assert_int_equal(size, 10);
    assert_ok(store_ledger_size(store, 2, &size));
    assert_int_equal(size, 3);
    assert_ok(store_ledger_size(store, 3, &size));
    assert_int_equal(size, 0);
    struct leaves_seen seen = {.next = 2, .ledger = 1};
    assert_ok(store_leaves(store, 1, 2, 4, see_leaf, &seen));
    assert_int_equal(seen.count, 4);
    assert_ok(store_leaves(store, 1, 6, 100, see_leaf, &seen));
    assert_int_equal(seen.count, 8);
    struct leaves_seen stopped = {.next = 0, .ledger = 2, .stop_at = 2};
    assert_ok(store_leaves(store, 2, 0, UINT64_MAX, see_leaf, &stopped));
    assert_int_equal(stopped.count, 2);
}

static void one_leaf_can_be_read_and_none_behind_the_end(void **state)
{
    struct store *const store = store_of(state);
    CLEANUP_BUFFER struct buffer out = buffer_make(100);
    append_leaves(store, 1, 0, 2);
    append_leaves(store, 2, 0, 5);
    assert_ok(store_leaf_get(store, 1, 1, &out));
    assert_string_equal(buffer_text(&out), "leaf 1 of 1");
    assert_fails(store_leaf_get(store, 1, 2, &out), NOT_FOUND);
    assert_fails(store_leaf_get(store, 1, UINT64_MAX, &out), NOT_FOUND);
    assert_fails(store_leaf_get(store, 9, 0, &out), NOT_FOUND);
}

static void leaves_may_hold_any_byte_or_none_up_to_their_limit(void **state)
{
    struct store *const store = store_of(state);
    uint8_t bytes[LEAF_MAX + 1];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    const struct slice leaves[] = {slice_make(bytes, 0), slice_make(bytes, LEAF_MAX)};
    const struct slice too_long = slice_make(bytes, LEAF_MAX + 1);
    CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
    assert_ok(store_begin(store));
    assert_ok(store_leaves_append(store, 1, 0, leaves, 2));
    assert_fails(store_leaves_append(store, 1, 2, &too_long, 1), TEXT_TOO_LONG);
    assert_ok(store_commit(store));
    assert_ok(store_leaf_get(store, 1, 0, &out));
    assert_int_equal(out.size, 0);
    assert_ok(store_leaf_get(store, 1, 1, &out));
    assert_true(slice_equal(buffer_slice(&out), leaves[1]));
}

static void leaves_are_appended_at_the_end_or_not_at_all(void **state)
{
    struct store *const store = store_of(state);
    const struct slice leaf = slice_of("x");
    append_leaves(store, 1, 0, 2);
    static const uint64_t wrong[] = {0, 1, 3, UINT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(store_begin(store));
        assert_fails(store_leaves_append(store, 1, wrong[i], &leaf, 1), STORE_CORRUPT);
        store_rollback(store);
    }
}

static void append_hashes(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count)
{
    struct hash hashes[600];
    assert_true(count <= 600);
    for (size_t i = 0; i < count; i++)
        hashes[i] = hash_number(ledger * 100000000 + level * 1000000 + first + i);
    assert_ok(store_hashes_append(store, ledger, level, first, hashes, count));
}

static void assert_hashes(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count)
{
    struct hash hashes[TILE_WIDTH];
    assert_ok(store_hashes_get(store, ledger, level, first, count, hashes));
    for (size_t i = 0; i < count; i++) {
        const struct hash expected = hash_number(ledger * 100000000 + level * 1000000 + first + i);
        assert_true(hash_equal(&hashes[i], &expected));
    }
}

static void hashes_come_back_whatever_the_runs_they_were_appended_in(void **state)
{
    struct store *const store = store_of(state);
    static const size_t runs[] = {1, 254, 1, 1, 255, 256, 600, 3, 512, 100};
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        assert_ok(store_begin(store));
        append_hashes(store, 1, 0, size, runs[i]);
        append_hashes(store, 2, 3, size, runs[i]);
        size += runs[i];
        assert_hashes(store, 1, 0, size - 1, 1);
        assert_ok(store_commit(store));
    }
    for (uint64_t first = 0; first < size; first += TILE_WIDTH) {
        const size_t count = size - first < TILE_WIDTH ? (size_t)(size - first) : TILE_WIDTH;
        assert_hashes(store, 1, 0, first, count);
        assert_hashes(store, 2, 3, first, count);
        assert_hashes(store, 1, 0, first + count / 2, count - count / 2);
    }
    struct hash hash[2];
    assert_fails(store_hashes_get(store, 1, 0, size, 1, hash), NOT_FOUND);
    assert_fails(store_hashes_get(store, 1, 0, size - 1, 2, hash), NOT_FOUND);
    assert_fails(store_hashes_get(store, 1, 1, 0, 1, hash), NOT_FOUND);
    assert_fails(store_hashes_get(store, 1, 3, 0, 1, hash), NOT_FOUND);
}

static void hashes_are_appended_at_the_end_or_not_at_all(void **state)
{
    struct store *const store = store_of(state);
    const struct hash hash = hash_number(1);
    static const uint64_t wrong[] = {0, 299, 301, 556};
    assert_ok(store_begin(store));
    append_hashes(store, 1, 0, 0, 300);
    assert_ok(store_commit(store));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(store_begin(store));
        assert_fails(store_hashes_append(store, 1, 0, wrong[i], &hash, 1), STORE_CORRUPT);
        store_rollback(store);
    }
}

static void hashes_appended_after_a_rollback_replace_those_undone(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store));
    append_hashes(store, 1, 0, 0, 200);
    assert_ok(store_commit(store));
    assert_ok(store_begin(store));
    struct hash undone[100] = {0};
    assert_ok(store_hashes_append(store, 1, 0, 200, undone, 100));
    store_rollback(store);
    assert_ok(store_begin(store));
    append_hashes(store, 1, 0, 200, 100);
    assert_ok(store_commit(store));
    assert_hashes(store, 1, 0, 0, 256);
    assert_hashes(store, 1, 0, 256, 44);
}

static void the_last_checkpoint_of_each_ledger_is_kept(void **state)
{
    struct store *const store = store_of(state);
    CLEANUP_BUFFER struct buffer out = buffer_make(100);
    assert_fails(store_checkpoint_get(store, 1, &out), NOT_FOUND);
    assert_ok(store_begin(store));
    assert_ok(store_checkpoint_put(store, 1, slice_of("first\n")));
    assert_ok(store_checkpoint_put(store, 1, slice_of("second\n")));
    assert_ok(store_checkpoint_put(store, 2, slice_of("other\n")));
    assert_ok(store_commit(store));
    assert_ok(store_checkpoint_get(store, 1, &out));
    assert_string_equal(buffer_text(&out), "second\n");
}

static const struct conformance_test tests[] = {
    CONFORMANCE(lists_show_the_machines_that_pass_the_filter),
    CONFORMANCE(a_listed_machine_says_what_is_known_of_it),
    CONFORMANCE(a_list_continues_behind_the_last_of_the_page_before),
    CONFORMANCE(a_list_stops_when_it_is_told_to),
    CONFORMANCE(denials_come_newest_first_and_whole),
    CONFORMANCE(denials_can_be_asked_by_machine_page_and_limit),
    CONFORMANCE(only_the_newest_denials_are_kept),
    CONFORMANCE(leaves_come_back_in_order_and_each_ledger_has_its_own),
    CONFORMANCE(one_leaf_can_be_read_and_none_behind_the_end),
    CONFORMANCE(leaves_may_hold_any_byte_or_none_up_to_their_limit),
    CONFORMANCE(leaves_are_appended_at_the_end_or_not_at_all),
    CONFORMANCE(hashes_come_back_whatever_the_runs_they_were_appended_in),
    CONFORMANCE(hashes_are_appended_at_the_end_or_not_at_all),
    CONFORMANCE(hashes_appended_after_a_rollback_replace_those_undone),
    CONFORMANCE(the_last_checkpoint_of_each_ledger_is_kept),
};

int main(void)
{
    return conformance_run(tests, sizeof tests / sizeof *tests);
}
