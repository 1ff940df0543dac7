/* A disk that cannot be read: whoever asks the SQLite store is told so, and never something else. */
#include "fixture.h"

#include "fault_vfs.h"
#include "store/ledger.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <string.h>

#define NOW    ((seconds)1790000000)
#define LEDGER "h/v"
#define FOLDER "the folder"

enum { LEAVES = 300, CALLS_MAX = 200 };

static int tear_down(void **state)
{
    fault_set(FAULT_NONE, 0);
    return fixture_tear_down(state);
}

static RESULT open_at(const struct fixture *fixture, bool create, struct store **ret_store)
{
    const struct store_sqlite_options options = {.path = fixture->path, .vfs = fault_vfs(), .create = create};
    return store_open_sqlite(&options, ret_store, NULL);
}

static void append(struct store *store, uint32_t ledger)
{
    for (uint64_t i = 0; i < LEAVES; i++) {
        const struct slice leaf = slice_of("leaf");
        const struct hash hash = hash_number(i);
        assert_ok(store_leaves_append(store, ledger, i, &leaf, 1, NULL));
        assert_ok(store_hashes_append(store, ledger, 0, i, &hash, 1, NULL));
    }
}

/* Another ledger, whose first leaves lie elsewhere. */
static void fill_archived(struct store *store)
{
    const struct archived archived = {.bundles = 1, .folder = FOLDER};
    uint32_t ledger;
    assert_ok(store_ledger_make(store, LEDGER "/epoch-7", &ledger, NULL));
    append(store, ledger);
    assert_ok(store_archive(store, ledger, &archived, NULL));
}

/* One of everything that can be asked for; the database is closed again. */
static void fill(struct fixture *fixture)
{
    struct store *store;
    uint32_t ledger;
    uint32_t license;
    const struct machine_id machine = machine_of(1);
    const struct machine_row row = row_of(1, NOW, NOW + DAY);
    const struct about_row about = {.number = 1, .heard = NOW, .until = NOW + DAY, .says = {.name = "pc"}};
    const struct denial_entry denial = {.time = NOW, .machine = machine, .code = 100};
    const struct shown shown = {.epoch = 7, .seen = {.origin = LEDGER "/epoch-7", .size = 3}};
    assert_ok(open_at(fixture, true, &store));
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, LEDGER, &ledger, NULL));
    assert_ok(store_license_make(store, ledger, "main", "studio", &license, NULL));
    append(store, ledger);
    fill_archived(store);
    assert_ok(store_checkpoint_put(store, ledger, slice_of("note"), NULL));
    assert_ok(store_shown_put(store, ledger, &shown, NULL));
    assert_ok(store_machine_put(store, license, &machine, &row, NULL));
    assert_ok(store_about_put(store, &machine, "studio", &about, NULL));
    assert_ok(store_block(store, &machine, NOW, "stolen", NULL));
    assert_ok(store_denial_add(store, &denial, NULL));
    assert_ok(store_commit(store, NULL));
    store_close(store);
}

/* ---- what is asked; each holds what it gets against what was put ---- */

static RESULT find_ledger(struct store *store)
{
    uint32_t ledger = 0;
    TRY(store_ledger_find(store, LEDGER, &ledger, NULL));
    assert_int_equal(ledger, 1);
    return RESULT_OK;
}

static RESULT list_ledgers(struct store *store)
{
    uint32_t ledger = 0;
    char origin[KEY_NAME_SIZE];
    TRY(store_ledger_next(store, 0, &ledger, origin, NULL));
    assert_string_equal(origin, LEDGER);
    return RESULT_OK;
}

static RESULT find_license(struct store *store)
{
    uint32_t license = 0;
    TRY(store_license_find(store, 1, "main", &license, NULL));
    assert_int_equal(license, 1);
    return RESULT_OK;
}

static RESULT list_licenses(struct store *store)
{
    uint32_t license = 0;
    char product[NAME_SIZE];
    TRY(store_license_next(store, 1, 0, &license, product, NULL));
    assert_string_equal(product, "studio");
    return RESULT_OK;
}

static RESULT name_license(struct store *store)
{
    char id[NAME_SIZE];
    TRY(store_license_id(store, 1, id, NULL));
    assert_string_equal(id, "main");
    return RESULT_OK;
}

static RESULT get_machine(struct store *store)
{
    const struct machine_id machine = machine_of(1);
    const struct machine_row expected = row_of(1, NOW, NOW + DAY);
    struct machine_row row = {.address = ""};
    TRY(store_machine_get(store, 1, &machine, &row, NULL));
    assert_memory_equal(&row.record.note, &expected.record.note, HASH_SIZE);
    assert_int_equal(row.record.expires, expected.record.expires);
    assert_string_equal(row.address, expected.address);
    return RESULT_OK;
}

static RESULT fetch_machine(struct store *store)
{
    const struct machine_key key = {.license = 1, .machine = machine_of(1)};
    struct machine_found found = {.blocked = false};
    TRY(store_fetch(store, &key, 1, &found, NULL));
    assert_true(found.blocked);
    assert_int_equal(found.row.record.last_request, NOW);
    return RESULT_OK;
}

static RESULT get_figures(struct store *store)
{
    struct figures figures = {0};
    TRY(store_figures(store, 1, NOW, &figures, NULL));
    assert_int_equal(figures.count, 1);
    assert_int_equal(figures.held, 1);
    return RESULT_OK;
}

static RESULT ask_whether_blocked(struct store *store)
{
    const struct machine_id machine = machine_of(1);
    bool blocked = false;
    TRY(store_blocked(store, &machine, &blocked, NULL));
    assert_true(blocked);
    return RESULT_OK;
}

static bool count_machine(void *context, const struct machine_entry *entry)
{
    assert_true(entry->blocked);
    assert_int_equal(entry->blocked_since, NOW);
    assert_string_equal(entry->blocked_reason, "stolen");
    ++*(size_t *)context;
    return true;
}

static RESULT list_machines(struct store *store)
{
    size_t count = 0;
    const struct machine_filter all = {.limit = 10};
    TRY(store_machines(store, &all, count_machine, &count, NULL));
    assert_int_equal(count, 1);
    return RESULT_OK;
}

static bool count_denial(void *context, const struct denial_entry *entry)
{
    assert_int_equal(entry->code, 100);
    ++*(size_t *)context;
    return true;
}

static RESULT list_denials(struct store *store)
{
    size_t count = 0;
    TRY(store_denials(store, NULL, 0, 10, count_denial, &count, NULL));
    assert_int_equal(count, 1);
    return RESULT_OK;
}

static RESULT get_about(struct store *store)
{
    const struct machine_id machine = machine_of(1);
    struct about_row row = {.number = 0};
    TRY(store_about_get(store, &machine, "studio", &row, NULL));
    assert_string_equal(row.says.name, "pc");
    return RESULT_OK;
}

static RESULT get_size(struct store *store)
{
    uint64_t size = 0;
    TRY(store_ledger_size(store, 1, &size, NULL));
    assert_int_equal(size, LEAVES);
    return RESULT_OK;
}

static bool count_leaf(void *context, uint64_t index, struct slice leaf)
{
    (void)index;
    assert_true(slice_equal(leaf, slice_of("leaf")));
    ++*(size_t *)context;
    return true;
}

static RESULT list_leaves(struct store *store)
{
    size_t count = 0;
    TRY(store_leaves(store, 1, 0, LEAVES, count_leaf, &count, NULL));
    assert_int_equal(count, LEAVES);
    return RESULT_OK;
}

static RESULT get_hashes(struct store *store)
{
    struct hash hashes[2];
    const struct hash expected = hash_number(LEAVES - 1);
    TRY(store_hashes_get(store, 1, 0, LEAVES - 2, 2, hashes, NULL));
    assert_true(hash_equal(&hashes[1], &expected));
    return RESULT_OK;
}

static RESULT get_archived(struct store *store)
{
    struct archived archived = {.bundles = 0};
    TRY(store_archived(store, 2, &archived, NULL));
    assert_int_equal(archived.bundles, 1);
    assert_string_equal(archived.folder, FOLDER);
    return RESULT_OK;
}

static RESULT get_checkpoint(struct store *store)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(100);
    TRY(store_checkpoint_get(store, 1, &note, NULL));
    assert_string_equal(buffer_text(&note), "note");
    return RESULT_OK;
}

static RESULT get_shown(struct store *store)
{
    struct shown shown[SHOWN_MAX];
    size_t count = 0;
    TRY(store_shown(store, 1, shown, &count, NULL));
    assert_int_equal(count, 1);
    assert_int_equal(shown[0].epoch, 7);
    return RESULT_OK;
}

static const struct {
    const char *name;
    RESULT (*ask)(struct store *store);
} questions[] = {
    {"find_ledger", find_ledger},     {"list_ledgers", list_ledgers},     {"find_license", find_license},
    {"list_licenses", list_licenses}, {"name_license", name_license},     {"get_machine", get_machine},
    {"fetch_machine", fetch_machine}, {"get_figures", get_figures},       {"ask_whether_blocked", ask_whether_blocked},
    {"list_machines", list_machines}, {"list_denials", list_denials},     {"get_about", get_about},
    {"get_size", get_size},           {"list_leaves", list_leaves},       {"get_hashes", get_hashes},
    {"get_archived", get_archived},   {"get_checkpoint", get_checkpoint}, {"get_shown", get_shown},
};

enum { QUESTIONS = sizeof questions / sizeof *questions };

/* By a handle that has read nothing yet: returns whether a call failed. */
static bool ask(struct fixture *fixture, size_t question, unsigned after)
{
    assert_ok(open_at(fixture, false, &fixture->store));
    fault_set(FAULT_READ, after);
    const struct result result = questions[question].ask(fixture->store);
    const bool happened = fault_happened();
    fault_set(FAULT_NONE, 0);
    if (happened && result_code(result) != ERR_STORE_FAILED)
        fail_msg("%s: %s", questions[question].name, is_ok(result) ? "ok" : error_info(result_code(result))->name);
    if (!happened)
        assert_ok(result);
    assert_ok(questions[question].ask(fixture->store)); /* the next time it is there */
    store_close(fixture->store);
    fixture->store = NULL;
    return happened;
}

static void what_cannot_be_read_is_never_taken_for_something_else(void **state)
{
    struct fixture *const fixture = *state;
    size_t failures = 0;
    fill(fixture);
    for (size_t question = 0; question < QUESTIONS; question++)
        for (unsigned after = 0; ask(fixture, question, after); after++) {
            failures++;
            assert_true(after < CALLS_MAX);
        }
    assert_true(failures >= QUESTIONS);
}

/* It is refused, or holds what was put. */
static bool open_with_fault(struct fixture *fixture, enum fault fault, unsigned after)
{
    fault_set(fault, after);
    const struct result result = open_at(fixture, false, &fixture->store);
    const bool happened = fault_happened();
    fault_set(FAULT_NONE, 0);
    if (!is_ok(result)) {
        assert_true(happened);
        assert_true(result_code(result) == ERR_STORE_FAILED || result_code(result) == ERR_FILE_READ);
        return true;
    }
    for (size_t question = 0; question < QUESTIONS; question++)
        assert_ok(questions[question].ask(fixture->store));
    store_close(fixture->store);
    fixture->store = NULL;
    return happened;
}

static void a_file_that_cannot_be_read_is_not_taken_for_another(void **state)
{
    struct fixture *const fixture = *state;
    static const enum fault faults[] = {FAULT_READ, FAULT_SIZE};
    fill(fixture);
    for (size_t i = 0; i < 2; i++) {
        unsigned after = 0;
        while (open_with_fault(fixture, faults[i], after))
            assert_true(after++ < CALLS_MAX);
        assert_true(after > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_never_taken_for_something_else, fixture_set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_not_taken_for_another, fixture_set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
