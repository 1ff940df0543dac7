/* What the engine keeps of what machines tell of themselves: that of requests that count, and for how long. */
#include "engine_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRODUCT "studio"

static struct about_row row_of(struct rig *rig, uint64_t machine)
{
    struct store *reader;
    struct about_row row = {.number = 0};
    const struct machine_id id = fixture_machine(machine);
    assert_ok(engine_open_reader(rig->engine, &reader, NULL));
    const struct result found = store_about_get(reader, &id, PRODUCT, &row, NULL);
    assert_true(is_ok(found) || result_code(found) == ERR_NOT_FOUND);
    store_close(reader);
    return row;
}

/* "" where nothing is kept. */
static void assert_named(struct rig *rig, uint64_t machine, const char *name)
{
    const struct about_row row = row_of(rig, machine);
    assert_string_equal(row.says.name, name);
}

static void tell(struct rig *rig, struct asked *asked, uint64_t machine, const struct request *request,
                 const char *name)
{
    struct about about = {.says = {.name = ""}};
    snprintf(about.says.name, sizeof about.says.name, "%s", name);
    submit_telling(rig, asked, machine, request, &about);
    await(asked);
    asked->job.about = NULL;
}

static void grant_telling(struct rig *rig, uint64_t machine, uint64_t number, const char *name)
{
    struct asked asked;
    struct request request = fixture_request(machine, number);
    see(rig, &request);
    tell(rig, &asked, machine, &request, name);
    lease_of(rig, &asked);
}

static void refuse_telling(struct rig *rig, uint64_t machine, uint64_t number, const char *name, enum error_code code)
{
    struct asked asked;
    struct request request = fixture_request(machine, number);
    see(rig, &request);
    tell(rig, &asked, machine, &request, name);
    assert_int_equal(denial_of(&asked).code, code);
}

static void what_stands_beside_a_request_that_counts_is_kept(void **state)
{
    struct rig *const rig = *state;
    grant_telling(rig, 1, 5, "one");
    const struct about_row row = row_of(rig, 1);
    assert_string_equal(row.says.name, "one");
    assert_int_equal(row.number, 5);
    assert_int_equal(row.heard, TODAY);
    assert_int_equal(row.until, TODAY + (seconds)(180 + 30) * DAY);
    grant(rig, 2, 1);
    assert_named(rig, 2, "");
    /* The operator wants to know those above all that get nothing. */
    struct license license = fixture_license(&rig->fixture, "main");
    license.threshold = 5;
    use_license(rig, &license);
    refuse_telling(rig, 3, 1, "three", ERR_BELOW_THRESHOLD);
    assert_named(rig, 3, "three");
    assert_int_equal(row_of(rig, 3).until, TODAY + (seconds)30 * DAY);
}

static void a_newer_one_takes_its_place_and_an_empty_one_too(void **state)
{
    struct rig *const rig = *state;
    grant_telling(rig, 1, 1, "one");
    fixture_set_now(TODAY + 1); /* renewals end later */
    grant_telling(rig, 1, 2, "two");
    assert_named(rig, 1, "two");
    fixture_set_now(TODAY + 2);
    grant(rig, 1, 3); /* told nothing: as if it had been lost on its way */
    assert_named(rig, 1, "two");
    fixture_set_now(TODAY + 3);
    grant_telling(rig, 1, 4, "");
    assert_named(rig, 1, "");
}

static void nothing_is_kept_of_a_request_that_does_not_count(void **state)
{
    struct rig *const rig = *state;
    grant_telling(rig, 1, 7, "one");
    refuse_telling(rig, 1, 6, "earlier", ERR_NUMBER_USED);
    assert_named(rig, 1, "one");
    struct asked asked;
    struct request late = fixture_request(2, 1);
    late.time = TODAY - DAY;
    tell(rig, &asked, 2, &late, "late");
    assert_int_equal(denial_of(&asked).code, ERR_CLOCK_APART);
    assert_named(rig, 2, "");
    struct request elsewhere = fixture_request(3, 1);
    snprintf(elsewhere.product, sizeof elsewhere.product, "another");
    tell(rig, &asked, 3, &elsewhere, "elsewhere");
    assert_int_equal(denial_of(&asked).code, ERR_NO_LICENSE);
    assert_named(rig, 3, "");
}

/* Nor of one that comes later with a number that was used: it may be a copy of the machine that tells of itself. */
static void nothing_is_kept_of_a_number_that_was_used(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 7);
    for (uint64_t number = 6; number <= 7; number++) {
        fixture_set_now(TODAY + (seconds)number);
        refuse_telling(rig, 1, number, "copy", ERR_NUMBER_USED);
        assert_named(rig, 1, "");
    }
}

static void it_is_forgotten_when_its_time_has_come(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.threshold = 3;
    use_license(rig, &license);
    refuse_telling(rig, 1, 1, "one", ERR_BELOW_THRESHOLD);
    fixture_set_now(TODAY + (seconds)30 * DAY - 1);
    refuse_telling(rig, 2, 1, "two", ERR_BELOW_THRESHOLD);
    assert_named(rig, 1, "one");
    fixture_set_now(TODAY + (seconds)30 * DAY + HOUR);
    assert_int_equal(refuse(rig, 3, 1), ERR_BELOW_THRESHOLD);
    assert_named(rig, 1, "");
    assert_named(rig, 2, "two");
}

static void a_host_that_keeps_none_forgets_what_is_there(void **state)
{
    struct rig *const rig = *state;
    grant_telling(rig, 1, 1, "one");
    stop(rig);
    struct authority *const authority = fixture_authority(&rig->fixture);
    struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    options.about = false;
    assert_ok(engine_start(&options, &rig->engine, NULL));
    authority_release(authority);
    grant(rig, 2, 1);
    assert_named(rig, 1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_stands_beside_a_request_that_counts_is_kept),
        ON_BOTH(a_newer_one_takes_its_place_and_an_empty_one_too),
        ON_BOTH(nothing_is_kept_of_a_request_that_does_not_count),
        ON_MEMORY(nothing_is_kept_of_a_number_that_was_used),
        ON_BOTH(it_is_forgotten_when_its_time_has_come),
        ON_BOTH(a_host_that_keeps_none_forgets_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
