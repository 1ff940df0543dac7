/*
 * The nth call to the system fails while a machine changes its state, for every n until nothing does: the machine is as
 * it was before or as it is afterwards, no temporary file is left, and the next try works.
 */
#include "failing_calls.h"
#include "world.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CALLS_MAX = 400 };

/* What a machine is taken through, in this order. */
typedef int deed(const struct world *world, aval_machine *machine);

static int install_product(const struct world *world, aval_machine *machine)
{
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    struct buffer document CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    network_product(&world->network, NOW - DAY, &document);
    verifier_key_write(signing_key_verifier(world->network.vendor), vendor_key);
    return aval_product_install(machine, (const char *)document.data, document.size, vendor_key);
}

static int install_key(const struct world *world, aval_machine *machine)
{
    char key[PRODUCT_KEY_TEXT_SIZE];
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    (void)world;
    product_key_write(&generic, key);
    return aval_key_install(machine, key);
}

static int set_hosts(const struct world *world, aval_machine *machine)
{
    const char *const hosts[] = {HOST};
    (void)world;
    return aval_hosts_set(machine, hosts, 1);
}

static int set_site_key(const struct world *world, aval_machine *machine)
{
    static const char text[] = "aval site-key v1\nkey AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    (void)world;
    return aval_site_key_set(machine, text, strlen(text));
}

static int activate(const struct world *world, aval_machine *machine)
{
    struct aval_report report = {.size = sizeof report};
    (void)world;
    return aval_activate(machine, NULL, &report);
}

static int renew(const struct world *world, aval_machine *machine)
{
    struct aval_report report = {.size = sizeof report};
    (void)world;
    return aval_renew(machine, NULL, 1, &report);
}

static int release(const struct world *world, aval_machine *machine)
{
    struct aval_report report = {.size = sizeof report};
    (void)world;
    return aval_release(machine, NULL, &report);
}

static deed *const deeds[] = {install_product, install_key, set_hosts, set_site_key, activate, renew, release};
enum { DO_PRODUCT, DO_KEY, DO_HOSTS, DO_SITE_KEY, DO_ACTIVATE, DO_RENEW, DO_RELEASE, DEEDS };

static void do_deeds(const struct world *world, aval_machine *machine, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (deeds[i](world, machine) != AVAL_OK)
            fail_msg("deed %zu: %s", i, aval_last_message(machine));
}

static const char *const lease_files[] = {"lease.tlog-proof", "license",   "lease.host",
                                          "next.license",     "next.host", "release"};

/* How many of the files of a lease are there, and of those that are there only while one is stored. */
static size_t count_files(const struct world *world, size_t first, size_t end)
{
    size_t count = 0;
    char path[PATH_SIZE];
    for (size_t i = first; i < end; i++) {
        snprintf(path, sizeof path, "one/" LEASE_IN "%s", lease_files[i]);
        count += world_has(world, path) ? 1 : 0;
    }
    return count;
}

/* Whoever is told that it is done finds all of it done: no failure on the way was passed over. */
static bool is_done(const struct world *world, aval_machine *machine, size_t which)
{
    switch (which) {
    case DO_PRODUCT:
        return world_has(world, "one/" LEASE_IN "product") && world_has(world, "one/" LEASE_IN "vendor-key");
    case DO_KEY:
        return world_status(machine).key_suffix[0] != 0;
    case DO_HOSTS:
        return aval_host(machine, 0) != NULL;
    case DO_SITE_KEY:
        return world_has(world, "one/secret/site+key");
    case DO_RELEASE:
        return count_files(world, 0, 6) == 0;
    default:
        return count_files(world, 0, 3) == 3 && count_files(world, 3, 6) == 0 &&
               world_has(world, "one/machines/acme.example") && world_has(world, "one/" LEASE_IN "number") &&
               world_has(world, "one/" CHECKPOINT_IN);
    }
}

static size_t temporary_files;
static int count_temporary(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    temporary_files += strncmp(path + at->base, ".aval-", 6) == 0;
    return 0;
}

static bool is_licensed(aval_machine *machine)
{
    return world_status(machine).state == AVAL_LICENSED;
}

/* A machine of a world of its own, one deed of which meets a failure at the nth call. Returns whether the call came. */
static bool fail_at(size_t which, uint64_t nth, int reason)
{
    void *state = NULL;
    assert_int_equal(world_begin(&state), 0);
    struct world *const world = state;
    aval_machine *const machine = world_open(world, "one", "one");
    do_deeds(world, machine, 0, which);

    failing_plan(nth, reason);
    const int code = deeds[which](world, machine);
    failing_plan(0, 0);
    nftw(world->root, count_temporary, 16, FTW_PHYS);
    assert_int_equal(temporary_files, 0);
    if (code != AVAL_OK) {
        assert_true(failing_happened());
        assert_string_not_equal(aval_last_message(machine), "");
        if (which == DO_RENEW)
            assert_true(is_licensed(machine));
        const int again = deeds[which](world, machine);
        /* A lease that the host has taken back may be gone already, although that could not be told. */
        if (again != AVAL_OK && !(which == DO_RELEASE && !is_licensed(machine)))
            fail_msg("deed %zu after a failure at call %u: %s", which, (unsigned)nth, aval_last_message(machine));
    } else {
        assert_true(is_done(world, machine, which));
        if (which == DO_ACTIVATE || which == DO_RENEW)
            assert_true(is_licensed(machine));
    }
    if (which == DO_RELEASE)
        assert_false(is_licensed(machine));
    do_deeds(world, machine, which + 1, DEEDS);
    assert_int_equal(world_end(&state), 0);
    return failing_happened();
}

static void fail_each(size_t which)
{
    const int reasons[] = {EIO, ENOSPC};
    for (size_t r = 0; r < sizeof reasons / sizeof *reasons; r++)
        for (uint64_t nth = 1; fail_at(which, nth, reasons[r]); nth++)
            assert_true(nth < CALLS_MAX);
}

static void a_product_that_could_not_be_installed_is_installed_by_the_next_try(void **state)
{
    (void)state;
    fail_each(DO_PRODUCT);
}

static void a_key_that_could_not_be_installed_is_installed_by_the_next_try(void **state)
{
    (void)state;
    fail_each(DO_KEY);
}

static void hosts_that_could_not_be_set_are_set_by_the_next_try(void **state)
{
    (void)state;
    fail_each(DO_HOSTS);
}

static void a_site_key_that_could_not_be_set_is_set_by_the_next_try(void **state)
{
    (void)state;
    fail_each(DO_SITE_KEY);
}

static void an_activation_that_failed_is_done_by_the_next_try(void **state)
{
    (void)state;
    fail_each(DO_ACTIVATE);
}

static void a_renewal_that_failed_leaves_the_lease_in_force(void **state)
{
    (void)state;
    fail_each(DO_RENEW);
}

static void a_release_that_failed_is_done_by_the_next_try(void **state)
{
    (void)state;
    fail_each(DO_RELEASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_that_could_not_be_installed_is_installed_by_the_next_try),
        cmocka_unit_test(a_key_that_could_not_be_installed_is_installed_by_the_next_try),
        cmocka_unit_test(hosts_that_could_not_be_set_are_set_by_the_next_try),
        cmocka_unit_test(a_site_key_that_could_not_be_set_is_set_by_the_next_try),
        cmocka_unit_test(an_activation_that_failed_is_done_by_the_next_try),
        cmocka_unit_test(a_renewal_that_failed_leaves_the_lease_in_force),
        cmocka_unit_test(a_release_that_failed_is_done_by_the_next_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
