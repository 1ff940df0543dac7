/* What store.h promises, asked of every kind of store: names, transactions, machines, figures and blocking. */
#include "fixture.h"

#include "conformance.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN "kms.uni.example/acme.example"
#define NOW    ((seconds)1790000000)

static struct store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

static void put(struct store *store, uint32_t license, uint64_t number, seconds last_request, seconds expires)
{
    const struct machine_id machine = machine_of(number);
    const struct machine_row row = row_of(number, last_request, expires);
    assert_ok(store_machine_put(store, license, &machine, &row, NULL));
}

static uint32_t license_make(struct store *store, const char *id)
{
    uint32_t ledger;
    uint32_t license;
    assert_ok(store_ledger_make(store, ORIGIN, &ledger, NULL));
    assert_ok(store_license_make(store, ledger, id, "studio", &license, NULL));
    return license;
}

static void assert_figures(struct store *store, uint32_t license, seconds now, uint64_t count, uint64_t held)
{
    struct figures figures;
    assert_ok(store_figures(store, license, now, &figures, NULL));
    assert_int_equal(figures.count, count);
    assert_int_equal(figures.held, held);
}

static void assert_fetched(struct store *store, const struct machine_key *keys, size_t count)
{
    struct machine_found found[8];
    assert_true(count <= 8);
    memset(found, 7, sizeof found);
    assert_ok(store_fetch(store, keys, count, found, NULL));
    for (size_t i = 0; i < count; i++) {
        struct machine_row row;
        bool blocked;
        assert_ok(store_machine_get(store, keys[i].license, &keys[i].machine, &row, NULL));
        assert_ok(store_blocked(store, &keys[i].machine, &blocked, NULL));
        assert_int_equal(found[i].blocked, blocked);
        assert_int_equal(found[i].row.record.last_request, row.record.last_request);
        assert_int_equal(found[i].row.record.expires, row.record.expires);
        assert_string_equal(found[i].row.address, row.address);
    }
}

/* ---- names ---- */

static void a_name_gets_a_number_within_a_transaction_only(void **state)
{
    struct store *const store = store_of(state);
    uint32_t ledger;
    uint32_t license;
    assert_fails(store_ledger_find(store, ORIGIN, &ledger, NULL), NOT_FOUND);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &ledger, NULL));
    assert_ok(store_commit(store, NULL));
    assert_fails(store_license_find(store, ledger, "L1", &license, NULL), NOT_FOUND);
    assert_int_not_equal(ledger, 0);
}

static void the_same_name_keeps_its_number_and_others_get_their_own(void **state)
{
    struct store *const store = store_of(state);
    uint32_t ledgers[3];
    uint32_t licenses[4];
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &ledgers[0], NULL));
    assert_ok(store_ledger_make(store, "kms.uni.example/other.example", &ledgers[1], NULL));
    assert_ok(store_license_make(store, ledgers[0], "l-1", "studio", &licenses[0], NULL));
    assert_ok(store_license_make(store, ledgers[0], "l-2", "studio", &licenses[1], NULL));
    assert_ok(store_license_make(store, ledgers[1], "l-1", "studio", &licenses[2], NULL));
    assert_ok(store_commit(store, NULL));
    assert_ok(store_ledger_find(store, ORIGIN, &ledgers[2], NULL));
    assert_ok(store_license_find(store, ledgers[0], "l-1", &licenses[3], NULL));
    assert_int_equal(ledgers[2], ledgers[0]);
    assert_int_equal(licenses[3], licenses[0]);
    assert_int_not_equal(ledgers[0], ledgers[1]);
    assert_int_not_equal(licenses[0], licenses[1]);
    assert_int_not_equal(licenses[0], licenses[2]);
    assert_int_not_equal(licenses[1], licenses[2]);
}

static void a_license_number_leads_back_to_its_id(void **state)
{
    struct store *const store = store_of(state);
    char id[NAME_SIZE];
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "studio-2026");
    assert_ok(store_commit(store, NULL));
    assert_ok(store_license_id(store, license, id, NULL));
    assert_string_equal(id, "studio-2026");
    assert_fails(store_license_id(store, license + 1, id, NULL), NOT_FOUND);
}

static void licenses_of_a_ledger_are_listed_with_their_products(void **state)
{
    struct store *const store = store_of(state);
    static const char *const products[] = {"studio", "paint", "studio"};
    uint32_t ledgers[2];
    uint32_t numbers[3];
    char product[NAME_SIZE] = "untouched";
    uint32_t number = 0;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, "a/v", &ledgers[0], NULL));
    assert_ok(store_ledger_make(store, "b/v", &ledgers[1], NULL));
    assert_fails(store_license_next(store, ledgers[0], 0, &number, product, NULL), NOT_FOUND);
    assert_string_equal(product, "untouched");
    for (size_t i = 0; i < 3; i++) {
        const char id[] = {'l', '-', (char)('1' + i), 0};
        uint32_t other;
        assert_ok(store_license_make(store, ledgers[0], id, products[i], &numbers[i], NULL));
        assert_ok(store_license_make(store, ledgers[1], id, "other", &other, NULL));
    }
    assert_ok(store_license_make(store, ledgers[0], "l-1", "another", &number, NULL));
    assert_int_equal(number, numbers[0]);
    number = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(store_license_next(store, ledgers[0], number, &number, product, NULL));
        assert_int_equal(number, numbers[i]);
        assert_string_equal(product, products[i]); /* what it was made with */
    }
    assert_fails(store_license_next(store, ledgers[0], number, &number, product, NULL), NOT_FOUND);
    assert_ok(store_commit(store, NULL));
}

/* ---- transactions ---- */

static void what_was_rolled_back_is_gone(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(1);
    const struct slice leaf = slice_of("a leaf");
    const struct hash hash = hash_number(1);
    const struct denial_entry denial = {.time = NOW};
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "kept");
    assert_ok(store_commit(store, NULL));

    assert_ok(store_begin(store, NULL));
    uint32_t other;
    assert_ok(store_ledger_make(store, "other", &other, NULL));
    put(store, license, 1, NOW, NOW + DAY);
    assert_ok(store_block(store, &machine, NOW, "", NULL));
    assert_ok(store_denial_add(store, &denial, NULL));
    assert_ok(store_leaves_append(store, 1, 0, &leaf, 1, NULL));
    assert_ok(store_hashes_append(store, 1, 0, 0, &hash, 1, NULL));
    assert_ok(store_checkpoint_put(store, 1, slice_of("note"), NULL));
    assert_figures(store, license, NOW, 1, 1);
    store_rollback(store);

    struct machine_row row;
    struct hash read;
    bool blocked;
    uint64_t size;
    CLEANUP_BUFFER struct buffer out = buffer_make(100);
    assert_fails(store_ledger_find(store, "other", &other, NULL), NOT_FOUND);
    assert_ok(store_machine_get(store, license, &machine, &row, NULL));
    assert_int_equal(row.record.last_request, 0);
    assert_ok(store_blocked(store, &machine, &blocked, NULL));
    assert_false(blocked);
    assert_ok(store_ledger_size(store, 1, &size, NULL));
    assert_int_equal(size, 0);
    assert_fails(store_hashes_get(store, 1, 0, 0, 1, &read, NULL), NOT_FOUND);
    assert_fails(store_checkpoint_get(store, 1, &out, NULL), NOT_FOUND);
    assert_figures(store, license, NOW, 0, 0);
}

static void after_a_rollback_the_same_can_be_done_again(void **state)
{
    struct store *const store = store_of(state);
    const struct slice leaf = slice_of("a leaf");
    const struct hash hash = hash_number(1);
    for (int i = 0; i < 2; i++) {
        assert_ok(store_begin(store, NULL));
        const uint32_t license = license_make(store, "l");
        put(store, license, 1, NOW, NOW + DAY);
        put(store, license, 1, NOW + 1, NOW + DAY + 1);
        assert_ok(store_leaves_append(store, 1, 0, &leaf, 1, NULL));
        assert_ok(store_hashes_append(store, 1, 0, 0, &hash, 1, NULL));
        assert_figures(store, license, NOW + 1, 1, 1);
        if (i == 0)
            store_rollback(store);
        else
            assert_ok(store_commit(store, NULL));
    }
    uint64_t size;
    assert_ok(store_ledger_size(store, 1, &size, NULL));
    assert_int_equal(size, 1);
}

struct transacting {
    uint32_t license;
    bool fail;
};

static RESULT put_one(void *context, struct store *store, struct reason *reason)
{
    const struct transacting *const transacting = context;
    (void)reason;
    put(store, transacting->license, 1, NOW, NOW + DAY);
    return transacting->fail ? FAIL(HOST_BUSY) : RESULT_OK;
}

static void work_that_fails_leaves_nothing_and_work_that_succeeds_all(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(1);
    struct machine_row row;
    assert_ok(store_begin(store, NULL));
    struct transacting transacting = {.license = license_make(store, "l"), .fail = true};
    assert_ok(store_commit(store, NULL));
    assert_fails(store_transact(store, put_one, &transacting, NULL), HOST_BUSY);
    assert_ok(store_machine_get(store, transacting.license, &machine, &row, NULL));
    assert_int_equal(row.record.last_request, 0);
    assert_figures(store, transacting.license, NOW, 0, 0);
    transacting.fail = false;
    assert_ok(store_transact(store, put_one, &transacting, NULL));
    assert_ok(store_machine_get(store, transacting.license, &machine, &row, NULL));
    assert_int_equal(row.record.last_request, NOW);
    assert_figures(store, transacting.license, NOW, 1, 1);
}

static void a_reader_sees_what_was_committed_and_nothing_else(void **state)
{
    struct store *const store = store_of(state);
    struct store *reader;
    const struct machine_id machine = machine_of(7);
    struct machine_row row;
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "l");
    assert_ok(store_commit(store, NULL));
    assert_ok(store_open_reader(store, &reader, NULL));

    assert_ok(store_begin(store, NULL));
    put(store, license, 7, NOW, NOW + DAY);
    assert_ok(store_machine_get(reader, license, &machine, &row, NULL));
    assert_int_equal(row.record.last_request, 0);
    assert_figures(reader, license, NOW, 0, 0);
    assert_ok(store_commit(store, NULL));
    assert_ok(store_machine_get(reader, license, &machine, &row, NULL));
    assert_int_equal(row.record.last_request, NOW);
    assert_figures(reader, license, NOW, 1, 1);
    assert_figures(reader, license, NOW + DAY, 1, 0);
    assert_figures(reader, license, NOW + COUNT_WINDOW, 0, 0);
    store_close(reader);
}

static void closing_rolls_back_an_open_transaction(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    license_make(store, "l");
    /* The store is closed by the test's end; nothing leaks and nothing hangs. */
}

/* ---- machines ---- */

static void a_machine_that_never_asked_is_all_zero(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(1);
    const struct machine_row zero = {0};
    struct machine_row row;
    memset(&row, 0xaa, sizeof row);
    assert_ok(store_machine_get(store, 1, &machine, &row, NULL));
    assert_memory_equal(&row.record, &zero.record, sizeof row.record);
    assert_string_equal(row.address, "");
}

static void assert_row_equal(const struct machine_row *a, const struct machine_row *b)
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
    assert_int_equal(a->record.number, b->record.number);
    assert_int_equal(a->record.heard.number, b->record.heard.number);
    assert_int_equal(a->record.heard.time, b->record.heard.time);
    assert_memory_equal(&a->record.note, &b->record.note, sizeof a->record.note);
    assert_memory_equal(&a->record.hardware, &b->record.hardware, sizeof a->record.hardware);
    assert_int_equal(a->record.last_denial, b->record.last_denial);
    assert_string_equal(a->address, b->address);
}

static void a_machine_comes_back_as_it_was_put(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    const uint32_t first = license_make(store, "l-1");
    const uint32_t second = license_make(store, "l-2");
    for (uint64_t i = 0; i < 40; i++)
        put(store, i % 2 == 0 ? first : second, i, NOW + (seconds)i, i % 3 == 0 ? 0 : NOW + DAY);
    assert_ok(store_commit(store, NULL));
    for (uint64_t i = 0; i < 40; i++) {
        const struct machine_id machine = machine_of(i);
        const struct machine_row expected = row_of(i, NOW + (seconds)i, i % 3 == 0 ? 0 : NOW + DAY);
        struct machine_row row;
        assert_ok(store_machine_get(store, i % 2 == 0 ? first : second, &machine, &row, NULL));
        assert_row_equal(&row, &expected);
        assert_ok(store_machine_get(store, i % 2 == 0 ? second : first, &machine, &row, NULL));
        assert_int_equal(row.record.last_request, 0);
    }
}

static void a_machine_put_again_is_replaced(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(5);
    const struct machine_row second = row_of(8, NOW + 9, NOW + DAY);
    struct machine_row row;
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "l");
    put(store, license, 5, NOW, 0);
    assert_ok(store_commit(store, NULL));
    assert_ok(store_begin(store, NULL));
    assert_ok(store_machine_put(store, license, &machine, &second, NULL));
    assert_ok(store_commit(store, NULL));
    assert_ok(store_machine_get(store, license, &machine, &row, NULL));
    assert_row_equal(&row, &second);
    assert_figures(store, license, NOW + 9, 1, 1);
}

/* ---- figures ---- */

static void the_count_ends_thirty_days_after_the_last_request_to_the_second(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "l");
    put(store, license, 1, NOW, 0);
    assert_ok(store_commit(store, NULL));
    assert_figures(store, license, NOW, 1, 0);
    assert_figures(store, license, NOW + COUNT_WINDOW - 1, 1, 0);
    assert_figures(store, license, NOW + COUNT_WINDOW, 0, 0);
    assert_figures(store, license, NOW + COUNT_WINDOW - 1, 1, 0);
}

static void a_seat_is_free_at_the_second_of_expiry(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "l");
    put(store, license, 2, NOW, NOW + HOUR);
    assert_ok(store_commit(store, NULL));
    assert_figures(store, license, NOW + HOUR - 1, 1, 1);
    assert_figures(store, license, NOW + HOUR, 1, 0);
    assert_figures(store, license, NOW + HOUR - 1, 1, 1);
}

static void each_license_has_figures_of_its_own(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    const uint32_t first = license_make(store, "l-1");
    const uint32_t second = license_make(store, "l-2");
    put(store, first, 1, NOW, NOW + DAY);
    put(store, first, 2, NOW, 0);
    put(store, second, 1, NOW, NOW + DAY);
    assert_figures(store, first, NOW, 2, 1);
    assert_figures(store, second, NOW, 1, 1);
    assert_ok(store_commit(store, NULL));
    assert_figures(store, first, NOW, 2, 1);
    assert_figures(store, second, NOW, 1, 1);
}

/* What the figures must be, counted one by one. */
struct model {
    struct machine_times {
        seconds last_request;
        seconds expires;
    } machines[60];
};

static void assert_model(struct store *store, uint32_t license, const struct model *model, seconds now)
{
    uint64_t count = 0;
    uint64_t held = 0;
    for (size_t i = 0; i < sizeof model->machines / sizeof *model->machines; i++) {
        count += model->machines[i].last_request > 0 && model->machines[i].last_request > now - COUNT_WINDOW;
        held += model->machines[i].expires > now;
    }
    assert_figures(store, license, now, count, held);
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static void figures_are_those_of_counting_one_by_one_whatever_happens(void **state)
{
    struct store *const store = store_of(state);
    struct store *reader;
    struct model committed = {0};
    uint32_t seed = 20261122;
    seconds now = NOW;
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "l");
    assert_ok(store_commit(store, NULL));
    assert_ok(store_open_reader(store, &reader, NULL));
    for (int round = 0; round < 200; round++) {
        struct model model = committed;
        now += (seconds)draw(&seed, 4 * DAY) - (draw(&seed, 5) == 0 ? 6 * DAY : 0);
        assert_ok(store_begin(store, NULL));
        for (uint32_t changes = draw(&seed, 20); changes > 0; changes--) {
            const uint32_t number = draw(&seed, 60);
            const seconds request = now - (draw(&seed, 10) == 0 ? 2 * DAY : 0);
            const seconds expires = draw(&seed, 3) == 0 ? 0 : now + (seconds)draw(&seed, 60 * DAY) - DAY;
            put(store, license, number, request, expires);
            model.machines[number].last_request = request;
            model.machines[number].expires = expires;
            if (draw(&seed, 3) == 0)
                assert_model(store, license, &model, now + (seconds)draw(&seed, 3) - 1);
        }
        if (draw(&seed, 4) == 0) {
            store_rollback(store);
        } else {
            assert_ok(store_commit(store, NULL));
            committed = model;
        }
        assert_model(store, license, &committed, now);
        assert_model(reader, license, &committed, now + (seconds)draw(&seed, 40 * DAY));
    }
    store_close(reader);
}

/* ---- blocking ---- */

static void a_blocked_machine_is_blocked_until_it_is_unblocked(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(3);
    const struct machine_id other = machine_of(4);
    bool blocked;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_block(store, &machine, NOW, "stolen", NULL));
    assert_ok(store_blocked(store, &machine, &blocked, NULL));
    assert_true(blocked);
    assert_ok(store_commit(store, NULL));
    assert_ok(store_blocked(store, &machine, &blocked, NULL));
    assert_true(blocked);
    assert_ok(store_blocked(store, &other, &blocked, NULL));
    assert_false(blocked);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_unblock(store, &machine, NULL));
    assert_fails(store_unblock(store, &other, NULL), NOT_FOUND);
    assert_fails(store_unblock(store, &machine, NULL), NOT_FOUND);
    assert_ok(store_commit(store, NULL));
    assert_ok(store_blocked(store, &machine, &blocked, NULL));
    assert_false(blocked);
}

static bool keep_entry(void *context, const struct machine_entry *entry)
{
    *(struct machine_entry *)context = *entry;
    return true;
}

static void assert_block(struct store *store, const char *reason)
{
    struct machine_entry entry = {.blocked_since = 0};
    const struct machine_filter filter = {.blocked_only = true, .limit = 10, .now = NOW};
    assert_ok(store_machines(store, &filter, keep_entry, &entry, NULL));
    assert_true(entry.blocked);
    assert_int_equal(entry.blocked_since, NOW);
    assert_string_equal(entry.blocked_reason, reason);
}

static void who_blocks_again_keeps_the_date_and_may_give_another_reason(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(3);
    static const struct {
        const char *given;
        const char *kept;
    } rows[] = {{"", ""}, {"stolen", "stolen"}, {"", "stolen"}, {"lost", "lost"}};
    assert_ok(store_begin(store, NULL));
    put(store, license_make(store, "one"), 3, NOW, NOW + DAY);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ok(store_block(store, &machine, NOW + (seconds)i, rows[i].given, NULL));
        assert_block(store, rows[i].kept);
    }
    assert_ok(store_commit(store, NULL));
}

static void a_reason_longer_than_its_limit_is_refused(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(3);
    char reason[BLOCK_REASON_SIZE + 1];
    memset(reason, 'x', sizeof reason);
    reason[BLOCK_REASON_SIZE] = '\0';
    assert_ok(store_begin(store, NULL));
    assert_fails(store_block(store, &machine, NOW, reason, NULL), TEXT_TOO_LONG);
    reason[BLOCK_REASON_SIZE - 1] = '\0';
    assert_ok(store_block(store, &machine, NOW, reason, NULL));
    assert_ok(store_commit(store, NULL));
}

static void what_is_fetched_at_once_is_what_is_read_one_by_one(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id blocked = machine_of(2);
    assert_ok(store_begin(store, NULL));
    const uint32_t one = license_make(store, "one");
    const uint32_t two = license_make(store, "two");
    put(store, one, 1, NOW, NOW + DAY);
    put(store, two, 1, NOW + 1, NOW + 2 * DAY);
    assert_ok(store_block(store, &blocked, NOW, "", NULL));
    /* Known, under another license, blocked and unknown, unknown, and one of them again. */
    const struct machine_key keys[] = {{one, machine_of(1)}, {two, machine_of(1)}, {one, blocked},
                                       {two, machine_of(3)}, {one, machine_of(1)}, {99, machine_of(1)}};
    const size_t count = sizeof keys / sizeof *keys;
    assert_fetched(store, keys, count);
    assert_ok(store_commit(store, NULL));
    assert_fetched(store, keys, count);
    assert_fetched(store, keys, 0);
}

static seconds next_end(struct store *store, uint32_t license, seconds now)
{
    seconds time = -1;
    assert_ok(store_next_end(store, license, now, &time, NULL));
    return time;
}

static void the_next_seat_to_end_is_found_to_the_second(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    const uint32_t one = license_make(store, "one");
    const uint32_t two = license_make(store, "two");
    assert_int_equal(next_end(store, one, NOW), 0);
    put(store, one, 1, NOW, NOW + 180 * DAY);
    put(store, one, 2, NOW, NOW + 7);
    put(store, one, 3, NOW, NOW + 180 * DAY - 1);
    put(store, two, 4, NOW, NOW + 3);
    assert_int_equal(next_end(store, one, NOW), NOW + 7);
    assert_ok(store_commit(store, NULL));
    assert_int_equal(next_end(store, one, NOW), NOW + 7);
    assert_int_equal(next_end(store, one, NOW + 6), NOW + 7);
    assert_int_equal(next_end(store, one, NOW + 7), NOW + 180 * DAY - 1);
    assert_int_equal(next_end(store, one, NOW + 180 * DAY - 1), NOW + 180 * DAY);
    assert_int_equal(next_end(store, one, NOW + 180 * DAY), 0);
    assert_int_equal(next_end(store, two, NOW), NOW + 3);
    assert_ok(store_begin(store, NULL));
    put(store, one, 2, NOW, NOW); /* given back */
    assert_int_equal(next_end(store, one, NOW), NOW + 180 * DAY - 1);
    assert_ok(store_commit(store, NULL));
}

static uint64_t returned(struct store *store, uint32_t license, enum return_way way, seconds after)
{
    uint64_t count;
    assert_ok(store_returns(store, license, way, after, &count, NULL));
    return count;
}

static void seats_that_came_back_are_counted_by_license_way_and_time(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    const uint32_t one = license_make(store, "one");
    const uint32_t two = license_make(store, "two");
    assert_int_equal(returned(store, one, RETURN_RECLAIM, 0), 0);
    for (seconds i = 0; i < 3; i++)
        assert_ok(store_return_add(store, one, RETURN_RECLAIM, NOW + i / 2, NULL));
    assert_ok(store_return_add(store, one, RETURN_RELEASE, NOW, NULL));
    assert_ok(store_return_add(store, two, RETURN_RECLAIM, NOW, NULL));
    assert_int_equal(returned(store, one, RETURN_RECLAIM, NOW), 1);
    assert_ok(store_commit(store, NULL));
    assert_int_equal(returned(store, one, RETURN_RECLAIM, NOW - 1), 3);
    assert_int_equal(returned(store, one, RETURN_RECLAIM, NOW), 1);
    assert_int_equal(returned(store, one, RETURN_RECLAIM, NOW + 1), 0);
    assert_int_equal(returned(store, one, RETURN_RELEASE, NOW - 1), 1);
    assert_int_equal(returned(store, two, RETURN_RECLAIM, NOW - 1), 1);
    assert_int_equal(returned(store, two, RETURN_RELEASE, NOW - 1), 0);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_return_add(store, one, RETURN_RECLAIM, NOW, NULL));
    store_rollback(store);
    assert_int_equal(returned(store, one, RETURN_RECLAIM, NOW - 1), 3);
    assert_ok(store_begin(store, NULL)); /* what is old goes */
    assert_ok(store_return_add(store, one, RETURN_RECLAIM, NOW + RETURNS_KEPT, NULL));
    assert_ok(store_commit(store, NULL));
    assert_int_equal(returned(store, one, RETURN_RECLAIM, 0), 2);
    assert_int_equal(returned(store, one, RETURN_RELEASE, 0), 1);
}

/* Where a clock is wrong, the window of what is counted begins before all times. */
static void seats_that_came_back_at_the_first_second_are_counted(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    const uint32_t license = license_make(store, "one");
    assert_ok(store_return_add(store, license, RETURN_RECLAIM, 1, NULL));
    assert_int_equal(returned(store, license, RETURN_RECLAIM, 1 - RETURNS_KEPT), 1);
    assert_ok(store_return_add(store, license, RETURN_RECLAIM, 1 + RETURNS_KEPT, NULL)); /* the first is old now */
    assert_int_equal(returned(store, license, RETURN_RECLAIM, 1 - RETURNS_KEPT), 1);
    assert_ok(store_commit(store, NULL));
    assert_int_equal(returned(store, license, RETURN_RECLAIM, -1), 1);
}

static const struct conformance_test tests[] = {
    CONFORMANCE(a_name_gets_a_number_within_a_transaction_only),
    CONFORMANCE(the_same_name_keeps_its_number_and_others_get_their_own),
    CONFORMANCE(a_license_number_leads_back_to_its_id),
    CONFORMANCE(licenses_of_a_ledger_are_listed_with_their_products),
    CONFORMANCE(what_was_rolled_back_is_gone),
    CONFORMANCE(after_a_rollback_the_same_can_be_done_again),
    CONFORMANCE(a_reader_sees_what_was_committed_and_nothing_else),
    CONFORMANCE(closing_rolls_back_an_open_transaction),
    CONFORMANCE(a_machine_that_never_asked_is_all_zero),
    CONFORMANCE(a_machine_comes_back_as_it_was_put),
    CONFORMANCE(a_machine_put_again_is_replaced),
    CONFORMANCE(the_count_ends_thirty_days_after_the_last_request_to_the_second),
    CONFORMANCE(a_seat_is_free_at_the_second_of_expiry),
    CONFORMANCE(each_license_has_figures_of_its_own),
    CONFORMANCE(figures_are_those_of_counting_one_by_one_whatever_happens),
    CONFORMANCE(the_next_seat_to_end_is_found_to_the_second),
    CONFORMANCE(seats_that_came_back_are_counted_by_license_way_and_time),
    CONFORMANCE(seats_that_came_back_at_the_first_second_are_counted),
    CONFORMANCE(a_blocked_machine_is_blocked_until_it_is_unblocked),
    CONFORMANCE(who_blocks_again_keeps_the_date_and_may_give_another_reason),
    CONFORMANCE(a_reason_longer_than_its_limit_is_refused),
    CONFORMANCE(what_is_fetched_at_once_is_what_is_read_one_by_one),
    CONFORMANCE(work_that_fails_leaves_nothing_and_work_that_succeeds_all),
};

int main(void)
{
    return conformance_run(tests, sizeof tests / sizeof *tests);
}
