/* Runs a list of tests over every kind of store; see conformance.h. */
#include "conformance.h"

#include "fixture.h"
#include "store/memory.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_OF_TEST_SIZE = 160, BACKENDS = 2 };

static RESULT open_memory(const char *path, struct store **ret_store)
{
    (void)path;
    return store_open_memory(ret_store);
}

static RESULT open_sqlite(const char *path, struct store **ret_store)
{
    const struct store_sqlite_options options = {.path = path, .create = true};
    return store_open_sqlite(&options, ret_store, NULL);
}

static const struct backend backends[BACKENDS] = {{"memory", open_memory}, {"sqlite", open_sqlite}};

static int set_up(void **state)
{
    const struct backend *const backend = *state;
    struct fixture *const fixture = malloc(sizeof *fixture);
    assert_non_null(fixture);
    fixture_make_folder(fixture);
    assert_ok(backend->open(fixture->path, &fixture->store));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_remove(*state);
    free(*state);
    return 0;
}

struct test_name {
    char text[NAME_OF_TEST_SIZE];
};

int conformance_run(const struct conformance_test *tests, size_t count)
{
    struct CMUnitTest *const all = calloc(BACKENDS * count, sizeof *all);
    struct test_name *const names = calloc(BACKENDS * count, sizeof *names);
    struct backend copies[BACKENDS];
    assert_true(all != NULL && names != NULL);
    for (size_t b = 0; b < BACKENDS; b++) {
        copies[b] = backends[b];
        for (size_t t = 0; t < count; t++) {
            const size_t at = b * count + t;
            snprintf(names[at].text, sizeof names[at].text, "%s: %s", backends[b].name, tests[t].name);
            all[at] = (struct CMUnitTest){names[at].text, tests[t].run, set_up, tear_down, &copies[b]};
        }
    }
    const int failed = _cmocka_run_group_tests("store", all, BACKENDS * count, NULL, NULL);
    free(names);
    free(all);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
