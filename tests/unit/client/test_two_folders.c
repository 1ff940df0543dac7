/* A user's own folder beside the system's, and which of them speaks: for hosts, products, and what only root may
 * change. */
#include "faults.h"
#include "hosts/candidates.h"
#include "hosts/list.h"
#include "state/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A user of the machine "system", with the folder "one", who looks into the system's as well. */
static aval_machine *user_of(struct world *world)
{
    aval_machine *machine = world_open(world, "one", "system");
    world_path(world, "system", machine->system);
    return machine;
}

/* ---- hosts ---- */

static void put_hosts(const struct world *world, const char *folder, const char *list)
{
    char file[64];
    char path[PATH_SIZE];
    snprintf(file, sizeof file, "%s/hosts", folder);
    world_path(world, file, path);
    assert_true(is_ok(file_remove(path, NULL)));
    char text[256];
    snprintf(text, sizeof text, "aval hosts v1\n%s", list);
    if (list[0] != 0)
        world_write(world, file, slice_of(text));
}

#define ONE "host a:1\n"
#define TWO "host b:1\nhost c:1\n"

static void ones_own_hosts_come_in_the_place_of_the_systems(void **state)
{
    static const struct {
        const char *own;
        const char *of_system;
        const char *hosts[3];
    } rows[] = {
        {"", "", {NULL}},          {ONE, "", {"a:1"}},  {"", ONE, {"a:1"}},
        {"", TWO, {"b:1", "c:1"}}, {ONE, TWO, {"a:1"}}, {TWO, ONE, {"b:1", "c:1"}},
    };
    struct world *world = *state;
    world_machine(world, "system");
    aval_machine *machine = user_of(world);
    world_hosts(machine, "x", NULL, NULL); /* so that the folder is there */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_hosts(world, "one", rows[i].own);
        put_hosts(world, "system", rows[i].of_system);
        for (size_t n = 0; n < 3; n++) {
            const char *host = aval_host(machine, n);
            const char *expected = rows[i].hosts[n];
            if (expected == NULL)
                assert_null(host);
            else
                assert_string_equal(host, expected);
        }
    }
    put_hosts(world, "one", "");
    world_write(world, "system/hosts", slice_of("spoiled\n"));
    assert_null(aval_host(machine, 0));
    assert_named(world, machine, "system/hosts", ": line 1: ", ERR_STATE_BROKEN);
    put_hosts(world, "one", ONE); /* which are all that is looked at */
    assert_string_equal(aval_host(machine, 0), "a:1");
}

/* What is configured comes first; then the variable's, without those that are no hosts, are there already or too many.
 */
static void hosts_of_the_environment_come_last(void **state)
{
    static const struct {
        const char *variable;
        const char *hosts; /* one behind the other */
    } rows[] = {
        {"", "a:1 "},
        {",", "a:1 "},
        {"b", "a:1 b:8216 "},
        {" ,b:2,, c:3 ", "a:1 b:2 c:3 "},
        {"b:2 -x c:0 d:4,A:1", "a:1 b:2 d:4 "},
        {"b c d e f g h i j k l m n o p q r s", "a:1 b:8216 c:8216 d:8216 e:8216 f:8216 g:8216 h:8216 i:8216 j:8216 "
                                                "k:8216 l:8216 m:8216 n:8216 o:8216 p:8216 "},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct host_list hosts = {.count = 77};
    put_hosts(world, "one", ONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer all = buffer_make(1024);
        assert_int_equal(setenv("AVAL_HOST", rows[i].variable, 1), 0);
        assert_true(is_ok(candidates_known(machine, &hosts, NULL)));
        for (size_t n = 0; n < hosts.count; n++)
            buffer_printf(&all, "%s ", hosts.addresses[n]);
        assert_string_equal(buffer_text(&all), rows[i].hosts);
    }
    put_hosts(world, "one", "");
    setenv("AVAL_HOST", "-", 1);
    hosts.count = 77;
    assert_int_equal(result_code(candidates_known(machine, &hosts, NULL)), OK);
    assert_int_equal(hosts.count, 0);
    hosts.count = 77;
    setenv("AVAL_HOST", "z:1", 1);
    world_write(world, "one/hosts", slice_of("spoiled\n"));
    assert_int_equal(result_code(candidates_known(machine, &hosts, NULL)), ERR_STATE_BROKEN);
    assert_int_equal(hosts.count, 77);
    put_hosts(world, "one", "");
    assert_true(is_ok(candidates_known(machine, &hosts, NULL)));
    assert_int_equal(hosts.count, 1);
    assert_string_equal(hosts.addresses[0], "z:1");
    unsetenv("AVAL_HOST");
}

/* ---- products ---- */

static void install(const struct world *world, aval_machine *machine, const char *name, seconds issued, int expected)
{
    CLEANUP_BUFFER struct buffer document = buffer_make(NOTE_MAX);
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    network_product_named(&world->network, name, issued, &document);
    verifier_key_write(signing_key_verifier(world->network.vendor), vendor_key);
    assert_int_equal(aval_product_install(machine, (const char *)document.data, document.size, vendor_key), expected);
}

struct names {
    struct buffer text;
    size_t left; /* until it stops */
};

static int add_name(void *context, const char *product)
{
    struct names *names = context;
    buffer_printf(&names->text, "%s ", product);
    return --names->left == 0;
}

static void assert_products(aval_machine *machine, size_t stop, const char *expected)
{
    struct names names = {.text = buffer_make(1024), .left = stop};
    assert_int_equal(aval_products(machine, add_name, &names), AVAL_OK);
    assert_string_equal(buffer_text(&names.text), expected);
    buffer_free(&names.text);
}

static void products_of_the_system_come_first_and_once(void **state)
{
    struct world *world = *state;
    struct aval_status status = {.size = sizeof status};
    char path[PATH_SIZE];
    world_machine(world, "system");
    aval_machine *machine = user_of(world);
    assert_products(machine, 9, "acme.example/studio ");
    install(world, machine, "atelier", NOW, AVAL_OK);
    assert_true(world_has(world, "one/products/acme.example/atelier/product"));
    assert_products(machine, 9, "acme.example/studio acme.example/atelier ");
    assert_products(machine, 1, "acme.example/studio ");
    world_path(world, "one/products/acme.example/studio", path); /* of before the system had it */
    assert_true(is_ok(folder_make(path, 0700, NULL)));
    world_copy(world, "system/" LEASE_IN "product", IN "product");
    assert_products(machine, 9, "acme.example/studio acme.example/atelier ");
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_USAGE);
    assert_message(aval_last_message(machine), "2 products are installed, name one of them: ", ERR_USAGE);
    world_path(world, "none", machine->system);
    assert_products(machine, 9, "acme.example/atelier acme.example/studio ");
    world_write(world, "none", slice_of("no folder\n"));
    assert_int_equal(aval_products(machine, add_name, NULL), AVAL_FILE_READ);
    assert_named(world, machine, "none", ": Not a directory: ", ERR_FILE_READ);
}

/* What the system's folder has is seen by everybody and changed by nobody but root, who has no other. */
static void what_is_the_systems_is_changed_by_root_alone(void **state)
{
    struct world *world = *state;
    aval_machine *root = world_machine(world, "system");
    aval_machine *machine = user_of(world);
    char other_key[PRODUCT_KEY_TEXT_SIZE];
    const struct product_key other = product_key_generic("acme.example", "studio", "edu");
    product_key_write(&other, other_key);

    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    assert_false(world_has(world, "system/" LEASE_IN "first-run"));
    assert_int_equal(aval_renew(machine, PRODUCT, 0, NULL), AVAL_STATE_OF_SYSTEM);
    assert_int_equal(aval_activate(root, NULL, NULL), AVAL_OK);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    char suffix[6];
    memcpy(suffix, world_status(machine).key_suffix, sizeof suffix);
    const size_t asked = world->network.path_count;

    install(world, machine, "studio", NOW - DAY, AVAL_OK); /* which is there */
    install(world, machine, "studio", NOW, AVAL_STATE_OF_SYSTEM);
    assert_int_equal(aval_key_install(machine, other_key), AVAL_STATE_OF_SYSTEM);
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_STATE_OF_SYSTEM);
    assert_int_equal(aval_activate(machine, PRODUCT, NULL), AVAL_STATE_OF_SYSTEM);
    assert_int_equal(aval_release(machine, PRODUCT, NULL), AVAL_STATE_OF_SYSTEM);
    assert_int_equal(aval_renew(machine, PRODUCT, 1, NULL), AVAL_STATE_OF_SYSTEM);
    assert_named(world, machine, "system", ": ", ERR_STATE_OF_SYSTEM);
    assert_int_equal(aval_renew(machine, PRODUCT, 0, NULL), AVAL_OK); /* nothing is to be done */
    world->network.now += 100 * DAY;
    assert_int_equal(aval_renew(machine, PRODUCT, 0, NULL), AVAL_STATE_OF_SYSTEM);
    assert_int_equal(world->network.path_count, asked);

    world_hosts(machine, "mine", NULL, NULL); /* are each user's own */
    assert_true(world_has(world, "one/hosts"));
    assert_string_equal(aval_host(root, 0), HOST);
    assert_int_equal(aval_key_remove(root, suffix), AVAL_OK);
    assert_int_equal(aval_renew(machine, PRODUCT, 0, NULL), AVAL_NO_PRODUCT_KEY);
}

static void the_folder_of_a_call_is_the_systems_where_that_has_it(void **state)
{
    struct world *world = *state;
    world_machine(world, "system");
    aval_machine *machine = user_of(world);
    state_use(machine, LEASE_IN "product");
    assert_string_equal(machine->folder, machine->system);
    assert_int_equal(result_code(state_check_owner(machine, NULL)), ERR_STATE_OF_SYSTEM);
    state_use(machine, LEASE_IN "product-of-nobody");
    assert_string_equal(machine->folder, machine->own);
    assert_true(is_ok(state_check_owner(machine, NULL)));
    machine->system[0] = 0;
    state_use(machine, LEASE_IN "product");
    assert_string_equal(machine->folder, machine->own);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(ones_own_hosts_come_in_the_place_of_the_systems),
        TEST(hosts_of_the_environment_come_last),
        TEST(products_of_the_system_come_first_and_once),
        TEST(what_is_the_systems_is_changed_by_root_alone),
        TEST(the_folder_of_a_call_is_the_systems_where_that_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
