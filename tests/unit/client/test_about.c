/* What a machine tells the operator of its host: what its owner allows, what the product says, and nothing without
 * either's word. */
#include "world.h"

#include "machine/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TELLING  "one/telling"
#define ATTACHED "one/" LEASE_IN "attached"

static const struct aval_datum two[] = {{"room", "3 Süd"}, {"gpu", "none"}};
static const struct aval_about sample = {.size = sizeof sample, .version = "4.2.1", .data = two, .data_count = 2};

/* The next request; what stood beside it, or NULL. */
static const struct about_says *ask(struct world *world, aval_machine *machine)
{
    assert_int_equal(aval_activate(machine, PRODUCT, NULL), AVAL_OK);
    world->network.now += MINUTE;
    return world->host->told ? &world->host->last_about.says : NULL;
}

static void assert_sample(const struct about_says *says)
{
    assert_non_null(says);
    assert_string_equal(says->version, "4.2.1");
    assert_int_equal(says->data_count, 2);
    assert_string_equal(says->data[0].key, "gpu");
    assert_string_equal(says->data[0].value, "none");
    assert_string_equal(says->data[1].key, "room");
    assert_string_equal(says->data[1].value, "3 Süd");
}

static void assert_nothing(const struct about_says *says)
{
    assert_non_null(says);
    assert_string_equal(says->name, "");
    assert_string_equal(says->version, "");
    assert_int_equal(says->data_count, 0);
}

static struct aval_told told_of(aval_machine *machine)
{
    struct aval_told told = {.size = sizeof told};
    if (aval_get_about(machine, PRODUCT, &told) != AVAL_OK)
        fail_msg("%s", aval_last_message(machine));
    return told;
}

static void without_anybodys_word_nothing_is_told(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_null(ask(world, machine));
    const struct aval_told told = told_of(machine);
    assert_int_equal(told.telling, AVAL_TELL_PRODUCT);
    assert_string_equal(told.name, "");
    assert_int_equal(told.data_count, 0);
    assert_int_equal(aval_set_about(machine, PRODUCT, NULL), AVAL_OK);
    assert_null(ask(world, machine));
    assert_false(world_has(world, ATTACHED) || world_has(world, TELLING));
}

static void what_a_product_says_is_told_and_the_name_is_not(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_set_about(machine, NULL, &sample), AVAL_OK);
    const struct about_says *says = ask(world, machine);
    assert_sample(says);
    assert_string_equal(says->name, "");
    const struct aval_told told = told_of(machine);
    assert_string_equal(told.version, "4.2.1");
    assert_int_equal(told.data_count, 2);
    assert_string_equal(told.keys[1], "room");
    assert_string_equal(told.values[1], "3 Süd");
    /* So does whoever else renews this product. */
    assert_sample(ask(world, world_open(world, "one", "one")));
}

static void the_name_is_told_where_its_owner_allows_it(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char name[TEXT_SIZE] = "";
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_NAME, "reading room 3"), AVAL_OK);
    assert_string_equal(ask(world, machine)->name, "reading room 3");
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_NAME, NULL), AVAL_OK);
    assert_true(environment_host_name(name, sizeof name));
    assert_string_equal(ask(world, machine)->name, name);
    assert_string_equal(told_of(machine).name, name);
}

static void what_is_taken_back_is_told_so(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_set_about(machine, PRODUCT, &sample), AVAL_OK);
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_NAME, "a"), AVAL_OK);
    assert_sample(ask(world, machine));
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_NOTHING, NULL), AVAL_OK);
    assert_nothing(ask(world, machine));
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_PRODUCT, ""), AVAL_OK);
    assert_sample(ask(world, machine));
    assert_int_equal(aval_set_about(machine, PRODUCT, NULL), AVAL_OK);
    assert_nothing(ask(world, machine));
}

static void what_is_so_already_is_not_written_again(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_set_about(machine, PRODUCT, &sample), AVAL_OK);
    char path[PATH_SIZE];
    int lock = -1;
    assert_true(is_ok(path_join(path, world->root, "one/lock")) && is_ok(file_lock(path, 0, &lock, NULL)));
    assert_int_equal(aval_set_about(machine, PRODUCT, &sample), AVAL_OK);
    file_unlock(lock);
}

static void what_cannot_be_read_is_not_told_and_costs_no_lease(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_told told = {.size = sizeof told, .name = "untouched"};
    assert_int_equal(aval_set_about(machine, PRODUCT, &sample), AVAL_OK);
    world_write(world, TELLING, slice_of("aval telling v1\ntell everything\n"));
    assert_null(ask(world, machine));
    assert_int_equal(aval_get_about(machine, PRODUCT, &told), AVAL_STATE_BROKEN);
    assert_non_null(strstr(aval_last_message(machine), "telling"));
    assert_string_equal(told.name, "untouched");
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_PRODUCT, NULL), AVAL_OK);
    world_write(world, ATTACHED, slice_of("aval attached v1\nname somebody\n"));
    assert_null(ask(world, machine));
}

static void each_request_has_an_about_of_its_own(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_set_about(machine, PRODUCT, &sample), AVAL_OK);
    assert_sample(ask(world, machine));
    const struct hash first = world->host->last_about.request;
    assert_sample(ask(world, machine));
    assert_false(hash_equal(&first, &world->host->last_about.request));
}

static const struct {
    const char *version;
    struct aval_datum datum;
    const char *word; /* of the message */
} wrong[] = {
    {"4\n2", {"a", "1"}, "4"},
    {" 4", {"a", "1"}, "version"},
    {"4\xe2\x80\xae", {"a", "1"}, "version"},
    {"0123456789012345678901234567890123456789012345678901234567890123", {"a", "1"}, "version"},
    {"4", {"A", "1"}, "A: "},
    {"4", {"", "1"}, "key"},
    {"4", {"a", ""}, "a: "},
    {"4", {"a", "\x1b[2J"}, "a: "},
    {"4", {NULL, "1"}, ""},
    {"4", {"a", NULL}, ""},
};

static void what_cannot_be_said_is_refused_and_changes_nothing(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct aval_about about = {
            .size = sizeof about, .version = wrong[i].version, .data = &wrong[i].datum, .data_count = 1};
        assert_int_equal(aval_set_about(machine, PRODUCT, &about), AVAL_USAGE);
        if (strstr(aval_last_message(machine), wrong[i].word) == NULL)
            fail_msg("row %zu: %s", i, aval_last_message(machine));
    }
    const struct aval_datum same[] = {{"a", "1"}, {"a", "2"}};
    const struct aval_about twice = {.size = sizeof twice, .data = same, .data_count = 2};
    assert_int_equal(aval_set_about(machine, PRODUCT, &twice), AVAL_USAGE);
    const struct aval_about none = {.size = sizeof none, .data_count = 1};
    assert_int_equal(aval_set_about(machine, PRODUCT, &none), AVAL_USAGE);
    const struct aval_about small = {.size = 3};
    assert_int_equal(aval_set_about(machine, PRODUCT, &small), AVAL_USAGE);
    assert_false(world_has(world, ATTACHED));
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_NAME, "two\nlines"), AVAL_USAGE);
    assert_int_equal(aval_set_telling(machine, AVAL_TELL_PRODUCT, "name"), AVAL_USAGE);
    assert_int_equal(aval_set_telling(machine, (enum aval_telling)3, NULL), AVAL_USAGE);
    assert_int_equal(aval_set_telling(machine, (enum aval_telling) - 1, NULL), AVAL_USAGE);
    assert_false(world_has(world, TELLING));
    struct aval_told told = {.size = 3};
    assert_int_equal(aval_get_about(machine, PRODUCT, &told), AVAL_USAGE);
}

static void nine_data_are_too_many(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const struct aval_datum nine[] = {{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}, {"e", "1"},
                                      {"f", "1"}, {"g", "1"}, {"h", "1"}, {"i", "1"}};
    struct aval_about about = {.size = sizeof about, .data = nine, .data_count = 9};
    assert_int_equal(aval_set_about(machine, PRODUCT, &about), AVAL_USAGE);
    assert_non_null(strstr(aval_last_message(machine), "at most 8"));
    about.data_count = 8;
    assert_int_equal(aval_set_about(machine, PRODUCT, &about), AVAL_OK);
    assert_int_equal(ask(world, machine)->data_count, 8);
}

static void only_an_installed_product_says_something(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_told told = {.size = sizeof told};
    assert_int_equal(aval_set_about(machine, "acme.example/other", &sample), AVAL_NO_PRODUCT);
    assert_int_equal(aval_get_about(machine, "acme.example/other", &told), AVAL_NO_PRODUCT);
    assert_int_equal(aval_set_about(machine, "other", &sample), AVAL_USAGE);
    aval_machine *bare = world_open(world, "bare", "bare");
    assert_int_equal(aval_set_about(bare, NULL, &sample), AVAL_NO_PRODUCT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_anybodys_word_nothing_is_told),
        TEST(what_a_product_says_is_told_and_the_name_is_not),
        TEST(the_name_is_told_where_its_owner_allows_it),
        TEST(what_is_taken_back_is_told_so),
        TEST(what_is_so_already_is_not_written_again),
        TEST(what_cannot_be_read_is_not_told_and_costs_no_lease),
        TEST(each_request_has_an_about_of_its_own),
        TEST(what_cannot_be_said_is_refused_and_changes_nothing),
        TEST(nine_data_are_too_many),
        TEST(only_an_installed_product_says_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
