/* Vendor keys compiled into the product: whatever stands in the state folder, only those are believed. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void key_text(const struct signing_key *key, char ret_text[static VERIFIER_KEY_TEXT_SIZE])
{
    verifier_key_write(signing_key_verifier(key), ret_text);
}

/* Opens the folder of a machine as a product does that was built with those keys. Yours to close. */
static aval_machine *open_product(struct world *world, const char *folder, const char *const *keys, size_t count,
                                  int expected)
{
    const struct aval_hardware sources[] = {{"board", folder}, {"disk", folder}, {"net", folder}};
    char path[PATH_SIZE];
    aval_machine *product = NULL;
    assert_true(is_ok(path_join(path, world->root, folder)));
    const struct aval_options options = {
        .size = sizeof options,
        .state_folder = path,
        .transport = network_ask,
        .transport_context = &world->network,
        .now = network_now,
        .now_context = &world->network,
        .hardware = sources,
        .hardware_count = 3,
        .vendor_keys = keys,
        .vendor_key_count = count,
    };
    assert_int_equal(aval_open(&options, &product), expected);
    return product;
}

static aval_machine *open_with(struct world *world, const char *folder, const struct signing_key *key)
{
    char text[VERIFIER_KEY_TEXT_SIZE];
    key_text(key, text);
    const char *keys[] = {text};
    return open_product(world, folder, keys, 1, AVAL_OK);
}

static int status_of(aval_machine *machine, struct aval_status *ret_status)
{
    *ret_status = (struct aval_status){.size = sizeof *ret_status};
    return aval_status(machine, PRODUCT, ret_status);
}

static void a_product_with_its_own_key_works_as_before(void **state)
{
    struct world *world = *state;
    struct aval_status status;
    world_machine(world, "one");
    aval_machine *product = open_with(world, "one", world->network.vendor);
    assert_int_equal(aval_activate(product, NULL, NULL), AVAL_OK);
    assert_int_equal(status_of(product, &status), AVAL_OK);
    assert_int_equal(status.state, AVAL_LICENSED);
    aval_close(product);
}

/* The folder is licensed in every link, but by a vendor whom the product does not know. */
static void every_function_refuses_a_product_of_another_vendor(void **state)
{
    struct world *world = *state;
    struct aval_status status;
    struct aval_report report = {.size = sizeof report};
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    const size_t asked = world->network.path_count;

    aval_machine *product = open_with(world, "one", world->network.rogue_vendor);
    assert_int_equal(status_of(product, &status), AVAL_SIGNER_UNKNOWN);
    assert_int_equal(status.state, AVAL_UNLICENSED);
    assert_non_null(strstr(aval_last_message(product), "vendor-key"));
    assert_int_equal(aval_status(product, NULL, &status), AVAL_SIGNER_UNKNOWN);
    assert_int_equal(aval_activate(product, NULL, &report), AVAL_SIGNER_UNKNOWN);
    assert_int_equal(aval_renew(product, PRODUCT, 1, &report), AVAL_SIGNER_UNKNOWN);
    assert_int_equal(aval_release(product, PRODUCT, &report), AVAL_SIGNER_UNKNOWN);
    assert_int_equal(aval_key_remove(product, world_status(machine).key_suffix), AVAL_NOT_FOUND);
    assert_int_equal(world->network.path_count, asked);
    aval_close(product);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

static void a_product_is_not_installed_with_a_key_that_is_not_pinned(void **state)
{
    struct world *world = *state;
    struct buffer document = buffer_make(NOTE_MAX);
    char key[VERIFIER_KEY_TEXT_SIZE];
    network_product(&world->network, NOW - DAY, &document);
    key_text(world->network.vendor, key);
    aval_machine *product = open_with(world, "one", world->network.rogue_vendor);
    assert_int_equal(aval_product_install(product, (const char *)document.data, document.size, key),
                     AVAL_SIGNER_UNKNOWN);
    assert_false(world_has(world, "one"));
    aval_close(product);
    buffer_free(&document);
}

static void installing_at_each_start_heals_a_folder_that_somebody_changed(void **state)
{
    struct world *world = *state;
    struct buffer document = buffer_make(NOTE_MAX);
    struct aval_status status;
    char key[VERIFIER_KEY_TEXT_SIZE];
    char rogue[VERIFIER_KEY_TEXT_SIZE];
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    key_text(world->network.rogue_vendor, rogue);
    world_write(world, "one/" LEASE_IN "vendor-key", slice_of(rogue));
    aval_machine *product = open_with(world, "one", world->network.vendor);
    assert_int_equal(status_of(product, &status), AVAL_SIGNER_UNKNOWN);
    network_product(&world->network, NOW - DAY, &document);
    key_text(world->network.vendor, key);
    assert_int_equal(aval_product_install(product, (const char *)document.data, document.size, key), AVAL_OK);
    assert_int_equal(status_of(product, &status), AVAL_OK);
    assert_int_equal(status.state, AVAL_LICENSED);
    aval_close(product);
    buffer_free(&document);
}

static void any_of_several_pinned_keys_will_do(void **state)
{
    struct world *world = *state;
    struct aval_status status;
    char old_key[VERIFIER_KEY_TEXT_SIZE];
    char new_key[VERIFIER_KEY_TEXT_SIZE];
    world_machine(world, "one");
    key_text(world->network.rogue_vendor, old_key);
    key_text(world->network.vendor, new_key);
    const char *keys[] = {old_key, new_key};
    aval_machine *product = open_product(world, "one", keys, 2, AVAL_OK);
    assert_int_equal(status_of(product, &status), AVAL_OK);
    aval_close(product);
}

static void keys_that_make_no_sense_are_refused_when_opening(void **state)
{
    struct world *world = *state;
    char key[VERIFIER_KEY_TEXT_SIZE];
    key_text(world->network.vendor, key);
    const char *good[9] = {key, key, key, key, key, key, key, key, key};
    const char *bad[] = {key, "acme.example"};
    const char *missing[] = {NULL};
    open_product(world, "one", good, 0, AVAL_USAGE);
    open_product(world, "one", NULL, 1, AVAL_USAGE);
    open_product(world, "one", good, 9, AVAL_USAGE);
    open_product(world, "one", missing, 1, AVAL_USAGE);
    open_product(world, "one", bad, 2, AVAL_KEY_FORM);
}

/* A product that was built when the options ended before vendor_keys. */
static void options_of_an_older_product_pin_nothing(void **state)
{
    struct world *world = *state;
    char path[PATH_SIZE];
    struct aval_options options;
    struct aval_status status;
    aval_machine *product = NULL;
    world_machine(world, "one");
    assert_true(is_ok(path_join(path, world->root, "one")));
    options = (struct aval_options){.size = offsetof(struct aval_options, vendor_keys), .state_folder = path};
    memset((char *)&options + options.size, 0xff, sizeof options - options.size);
    assert_int_equal(aval_open(&options, &product), AVAL_OK);
    assert_int_equal(status_of(product, &status), AVAL_OK);
    aval_close(product);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_product_with_its_own_key_works_as_before),
        TEST(every_function_refuses_a_product_of_another_vendor),
        TEST(a_product_is_not_installed_with_a_key_that_is_not_pinned),
        TEST(installing_at_each_start_heals_a_folder_that_somebody_changed),
        TEST(any_of_several_pinned_keys_will_do),
        TEST(keys_that_make_no_sense_are_refused_when_opening),
        TEST(options_of_an_older_product_pin_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
