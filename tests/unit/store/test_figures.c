/* Count and seats of each license over a source of moments that counts its calls and can lie. */
#include "fixture.h"

#include "figures.h"

#define NOW ((seconds)1790000000)

enum { SOURCE_MACHINES = 8 };

/* Machines of any license: the source does not tell licenses apart, but for the one that was saved. */
struct source {
    struct machine_times machines[SOURCE_MACHINES];
    struct license_figures saved; /* `known` where there are some */
    struct result fault;          /* of the sums behind the first `good` */
    unsigned good;
    unsigned sums;
    unsigned loads;
};

static RESULT sum(void *context, uint32_t license, enum moment_kind kind, seconds after, seconds until,
                  uint64_t *ret_sum)
{
    struct source *const source = context;
    (void)license;
    if (source->sums++ >= source->good)
        TRY(source->fault);
    uint64_t found = 0;
    for (size_t i = 0; i < SOURCE_MACHINES; i++) {
        const struct machine_times *const times = &source->machines[i];
        const seconds time = kind == MOMENT_EXPIRES ? times->expires : times->last_request;
        found += time > 0 && time > after && time <= until;
    }
    *ret_sum = found;
    return RESULT_OK;
}

static RESULT load(void *context, struct license_figures *entry)
{
    struct source *const source = context;
    source->loads++;
    if (source->saved.known && source->saved.license == entry->license)
        *entry = source->saved;
    return RESULT_OK;
}

static struct moment_source source_of(struct source *source)
{
    return (struct moment_source){.sum = sum, .load = load, .context = source};
}

static void assert_at(struct figures_cache *cache, struct source *source, uint32_t license, seconds now, uint64_t count,
                      uint64_t held)
{
    const struct moment_source moments = source_of(source);
    struct figures figures;
    assert_ok(figures_at(cache, &moments, license, now, &figures));
    assert_int_equal(figures.count, count);
    assert_int_equal(figures.held, held);
}

static void the_same_moment_is_summed_once(void **state)
{
    (void)state;
    struct source source = {.machines = {{NOW, NOW + 1}, {NOW - COUNT_WINDOW, NOW}, {NOW - COUNT_WINDOW + 1, 0}}};
    struct figures_cache cache = {0};
    assert_at(&cache, &source, 1, NOW, 2, 1);
    assert_int_equal(source.sums, 2);
    assert_at(&cache, &source, 1, NOW, 2, 1);
    assert_int_equal(source.sums, 2);
    assert_at(&cache, &source, 1, NOW + 1, 1, 0);
    assert_at(&cache, &source, 1, NOW, 2, 1);
    assert_int_equal(source.loads, 1);
    figures_clear(&cache);
    assert_at(&cache, &source, 1, NOW - 1, 3, 2);
    assert_int_equal(source.loads, 2);
    figures_free(&cache);
}

static void what_was_saved_is_moved_and_not_counted_anew(void **state)
{
    (void)state;
    struct source source = {.machines = {{NOW, NOW + DAY}},
                            .saved = {.license = 7, .known = true, .as_of = NOW, .figures = {.count = 5, .held = 4}}};
    struct figures_cache cache = {0};
    assert_at(&cache, &source, 7, NOW, 5, 4);
    assert_int_equal(source.sums, 0);
    assert_at(&cache, &source, 7, NOW + DAY, 5, 3);
    assert_at(&cache, &source, 7, NOW + COUNT_WINDOW, 4, 3);
    assert_at(&cache, &source, 7, NOW, 5, 4);
    figures_free(&cache);
}

static void many_licenses_keep_apart(void **state)
{
    (void)state;
    struct source source = {.machines = {{NOW, NOW + DAY}}};
    const struct moment_source moments = source_of(&source);
    const struct machine_times never = {0};
    const struct machine_times held = {NOW, NOW + DAY};
    struct figures_cache cache = {0};
    for (uint32_t license = 1; license <= 40; license++) {
        assert_at(&cache, &source, license, NOW, 1, 1);
        for (uint32_t i = 0; i < license; i++)
            assert_ok(figures_change(&cache, &moments, license, &never, &held));
    }
    for (uint32_t license = 1; license <= 40; license++)
        assert_at(&cache, &source, license, NOW, 1 + license, 1 + license);
    assert_int_equal(cache.count, 40);
    figures_free(&cache);
}

static void more_machines_than_there_are_cannot_leave(void **state)
{
    (void)state;
    struct source source = {.machines = {{NOW, NOW + DAY}, {NOW, NOW + DAY}},
                            .saved = {.license = 7, .known = true, .as_of = NOW, .figures = {.count = 2, .held = 2}}};
    const struct moment_source moments = source_of(&source);
    struct figures_cache cache = {0};
    struct figures figures;
    assert_at(&cache, &source, 7, NOW + COUNT_WINDOW, 0, 0);
    figures_clear(&cache);
    source.saved.figures = (struct figures){.count = 1, .held = 2};
    assert_fails(figures_at(&cache, &moments, 7, NOW + COUNT_WINDOW, &figures), STORE_CORRUPT);
    assert_at(&cache, &source, 7, NOW, 1, 2); /* nothing has moved */
    figures_clear(&cache);
    source.saved.figures = (struct figures){.count = 2, .held = 1};
    assert_fails(figures_at(&cache, &moments, 7, NOW + DAY, &figures), STORE_CORRUPT);
    assert_at(&cache, &source, 7, NOW, 2, 1);
    figures_free(&cache);
}

static void a_machine_that_was_not_counted_cannot_change(void **state)
{
    (void)state;
    static const struct machine_times never = {0};
    static const struct machine_times asked = {NOW, 0};
    static const struct machine_times held = {NOW - COUNT_WINDOW, NOW + 1};
    struct source source = {.saved = {.license = 7, .known = true, .as_of = NOW}};
    const struct moment_source moments = source_of(&source);
    struct figures_cache cache = {0};
    assert_fails(figures_change(&cache, &moments, 7, &asked, &never), STORE_CORRUPT);
    assert_fails(figures_change(&cache, &moments, 7, &held, &never), STORE_CORRUPT);
    assert_at(&cache, &source, 7, NOW, 0, 0);
    assert_false(cache.entries[0].changed);
    assert_ok(figures_change(&cache, &moments, 7, &never, &asked));
    assert_true(cache.entries[0].changed);
    assert_ok(figures_change(&cache, &moments, 7, &asked, &held));
    assert_at(&cache, &source, 7, NOW, 0, 1);
    assert_ok(figures_change(&cache, &moments, 7, &held, &never));
    assert_at(&cache, &source, 7, NOW, 0, 0);
    figures_free(&cache);
}

/* By the first of the two sums, or by the second alone. */
static void assert_fault_at(struct figures_cache *cache, struct source *source, seconds now)
{
    const struct moment_source moments = source_of(source);
    struct figures figures = {.count = 99};
    source->fault = FAIL(STORE_FAILED);
    for (source->good = 0; source->good < 2; source->good++) {
        source->sums = 0;
        assert_fails(figures_at(cache, &moments, 1, now, &figures), STORE_FAILED);
        assert_int_equal(figures.count, 99);
    }
    source->fault = RESULT_OK;
}

static void a_source_that_fails_is_asked_again(void **state)
{
    (void)state;
    struct source source = {.machines = {{NOW, NOW + DAY}}};
    struct figures_cache cache = {0};
    assert_fault_at(&cache, &source, NOW);
    assert_at(&cache, &source, 1, NOW, 1, 1);
    assert_fault_at(&cache, &source, NOW + 2 * DAY);
    assert_at(&cache, &source, 1, NOW + 2 * DAY, 1, 0);
    figures_free(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_moment_is_summed_once),
        cmocka_unit_test(what_was_saved_is_moved_and_not_counted_anew),
        cmocka_unit_test(many_licenses_keep_apart),
        cmocka_unit_test(more_machines_than_there_are_cannot_leave),
        cmocka_unit_test(a_machine_that_was_not_counted_cannot_change),
        cmocka_unit_test(a_source_that_fails_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
