/* What store.h promises, asked of every kind of store: lists of machines, and denials. */
#include "fixture.h"

#include "conformance.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"

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
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, "o", &ledger, NULL));
    assert_ok(store_license_make(store, ledger, "l-1", "studio", &licenses[0], NULL));
    assert_ok(store_license_make(store, ledger, "l-2", "studio", &licenses[1], NULL));
    for (unsigned i = 0; i < 10; i++) {
        const struct machine_id machine = front(0x1000 + 0x100 * i);
        const struct machine_row row = row_of(i, NOW, NOW + (seconds)i * HOUR);
        assert_ok(store_machine_put(store, licenses[i % 2], &machine, &row, NULL));
    }
    static const unsigned blocked[] = {0x1200, 0x1300, 0x0100, 0xff00};
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) {
        const struct machine_id machine = front(blocked[i]);
        assert_ok(store_block(store, &machine, NOW + (seconds)i, i == 0 ? "stolen" : "", NULL));
    }
    assert_ok(store_commit(store, NULL));
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
        {{.limit = 20, .holding_only = true, .now = NOW + (seconds)7 * HOUR}, 2, {0x1800, 0x1900}},
        {{.limit = 20, .holding_only = true, .blocked_only = true, .now = NOW + (seconds)2 * HOUR}, 1, {0x1300}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct listed listed = {0};
        assert_ok(store_machines(store, &cases[i].filter, collect, &listed, NULL));
        assert_listed(&listed, cases[i].expected, cases[i].count);
    }
}

static void a_listed_machine_says_what_is_known_of_it(void **state)
{
    struct store *const store = store_of(state);
    uint32_t licenses[2];
    struct listed listed = {0};
    fill(store, licenses);
    assert_ok(store_machines(store, &(struct machine_filter){.limit = 4}, collect, &listed, NULL));
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
    assert_ok(store_machines(store, &(struct machine_filter){.limit = 20}, collect, &whole, NULL));
    for (size_t limit = 1; limit < 5; limit++) {
        struct listed pages = {0};
        size_t before;
        do {
            struct machine_filter filter = {.limit = limit};
            before = pages.count;
            if (before > 0)
                filter.after = &pages.entries[before - 1];
            assert_ok(store_machines(store, &filter, collect, &pages, NULL));
        } while (pages.count > before);
        assert_int_equal(pages.count, whole.count);
        for (size_t i = 0; i < whole.count; i++)
            assert_memory_equal(&pages.entries[i].machine, &whole.entries[i].machine, sizeof(struct machine_id));
    }
}

static void label(struct store *store, unsigned number, const char *text)
{
    const struct machine_id machine = front(number);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_label(store, &machine, text, NULL));
    assert_ok(store_commit(store, NULL));
}

static void a_label_is_listed_under_every_license_until_it_is_taken_away(void **state)
{
    struct store *const store = store_of(state);
    uint32_t licenses[2];
    fill(store, licenses);
    label(store, 0x1000, "reading room");
    label(store, 0x0100, "never asked");
    label(store, 0x1100, "old");
    label(store, 0x1100, "new");
    label(store, 0x1200, "gone");
    label(store, 0x1200, "");
    label(store, 0x1300, ""); /* it had none */
    struct listed listed = {0};
    const struct machine_filter all = {.now = NOW, .limit = LISTED_MAX};
    assert_ok(store_machines(store, &all, collect, &listed, NULL));
    for (size_t i = 0; i < listed.count; i++) {
        const struct machine_entry *const entry = &listed.entries[i];
        const unsigned number = (unsigned)entry->machine.bytes[0] << 8 | entry->machine.bytes[1];
        assert_string_equal(entry->label, number == 0x1000   ? "reading room"
                                          : number == 0x0100 ? "never asked"
                                          : number == 0x1100 ? "new"
                                                             : "");
    }
    char longest[LABEL_SIZE + 1];
    const struct machine_id machine = front(0x1000);
    memset(longest, 'x', LABEL_SIZE);
    longest[LABEL_SIZE] = 0;
    assert_ok(store_begin(store, NULL));
    assert_fails(store_label(store, &machine, longest, NULL), TEXT_TOO_LONG);
    assert_ok(store_label(store, &machine, longest + 1, NULL));
    assert_ok(store_commit(store, NULL));
}

static void a_list_stops_when_it_is_told_to(void **state)
{
    struct store *const store = store_of(state);
    uint32_t licenses[2];
    fill(store, licenses);
    for (size_t stop_at = 1; stop_at <= 4; stop_at++) {
        struct listed listed = {.stop_at = stop_at};
        assert_ok(store_machines(store, &(struct machine_filter){.limit = 20}, collect, &listed, NULL));
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
    assert_ok(store_begin(store, NULL));
    for (unsigned i = 0; i < count; i++) {
        struct denial_entry entry = {.time = NOW + i, .machine = machine_of(i % 5), .code = 100 + i % 7};
        snprintf(entry.vendor, sizeof entry.vendor, "acme.example");
        snprintf(entry.product, sizeof entry.product, "studio");
        snprintf(entry.edition, sizeof entry.edition, "pro");
        snprintf(entry.message, sizeof entry.message, "count %u", i);
        snprintf(entry.address, sizeof entry.address, "192.0.2.%u", i % 200);
        assert_ok(store_denial_add(store, &entry, NULL));
    }
    assert_ok(store_commit(store, NULL));
}

static void denials_come_newest_first_and_whole(void **state)
{
    struct store *const store = store_of(state);
    struct denied denied = {0};
    add_denials(store, 12);
    assert_ok(store_denials(store, NULL, 0, 100, note_denial, &denied, NULL));
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
    assert_ok(store_denials(store, NULL, 0, 4, note_denial, &all, NULL));
    assert_int_equal(all.count, 4);
    assert_ok(store_denials(store, NULL, all.oldest.number, 100, note_denial, &page, NULL));
    assert_int_equal(page.count, 8);
    assert_int_equal(page.newest.number, all.oldest.number - 1);
    assert_ok(store_denials(store, &machine, 0, 100, note_denial, &of_machine, NULL));
    assert_int_equal(of_machine.count, 2);
    assert_int_equal(of_machine.newest.time, NOW + 7);
    assert_ok(store_denials(store, NULL, 0, 100, note_denial, &stopped, NULL));
    assert_int_equal(stopped.count, 2);
}

static void only_the_newest_denials_are_kept(void **state)
{
    struct store *const store = store_of(state);
    struct denied denied = {0};
    add_denials(store, DENIALS_KEPT);
    add_denials(store, 3);
    assert_ok(store_denials(store, NULL, 0, SIZE_MAX, note_denial, &denied, NULL));
    assert_int_equal(denied.count, DENIALS_KEPT);
    assert_int_equal(denied.newest.time, NOW + 2);
    assert_int_equal(denied.oldest.time, NOW + 3);
}

static const struct conformance_test tests[] = {
    CONFORMANCE(lists_show_the_machines_that_pass_the_filter),
    CONFORMANCE(a_listed_machine_says_what_is_known_of_it),
    CONFORMANCE(a_list_continues_behind_the_last_of_the_page_before),
    CONFORMANCE(a_label_is_listed_under_every_license_until_it_is_taken_away),
    CONFORMANCE(a_list_stops_when_it_is_told_to),
    CONFORMANCE(denials_come_newest_first_and_whole),
    CONFORMANCE(denials_can_be_asked_by_machine_page_and_limit),
    CONFORMANCE(only_the_newest_denials_are_kept),
};

int main(void)
{
    return conformance_run(tests, sizeof tests / sizeof *tests);
}
