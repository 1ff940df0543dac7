/* A network and machines for the tests of libaval; see world.h. */
#include "world.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int world_begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL || !is_ok(secret_start()) || !temporary_folder(world->root, "test") || unsetenv("AVAL_HOST") != 0)
        return -1;
    network_make(&world->network, NOW);
    world->host = network_add(&world->network, HOST, "kms.uni.example");
    world->transport = network_ask;
    world->transport_context = &world->network;
    *state = world;
    return 0;
}

int world_end(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < world->machine_count; i++)
        aval_close(world->machines[i]);
    network_free(&world->network);
    const bool removed = temporary_remove(world->root);
    free(world);
    return removed ? 0 : -1;
}

aval_machine *world_open(struct world *world, const char *folder, const char *hardware)
{
    const struct aval_hardware sources[] = {{"board", hardware}, {"disk", hardware}, {"net", hardware}};
    const size_t place = world->machine_count;
    assert_true(place < MACHINES_MAX);
    assert_true(is_ok(path_join(world->folders[place], world->root, folder)));
    const struct aval_options options = {
        .size = sizeof options,
        .state_folder = world->folders[place],
        .transport = world->transport,
        .transport_context = world->transport_context,
        .now = network_now,
        .now_context = &world->network,
        .hardware = sources,
        .hardware_count = 3,
    };
    assert_int_equal(aval_open(&options, &world->machines[place]), AVAL_OK);
    world->machine_count++;
    return world->machines[place];
}

void world_hosts(aval_machine *machine, const char *first, const char *second, const char *third)
{
    const char *hosts[] = {first, second, third};
    const size_t count = first == NULL ? 0 : second == NULL ? 1 : third == NULL ? 2 : 3;
    assert_int_equal(aval_hosts_set(machine, hosts, count), AVAL_OK);
}

aval_machine *world_machine(struct world *world, const char *folder)
{
    aval_machine *machine = world_open(world, folder, folder);
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    char key[PRODUCT_KEY_TEXT_SIZE];
    struct buffer document = buffer_make(NOTE_MAX);
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    network_product(&world->network, NOW - DAY, &document);
    verifier_key_write(signing_key_verifier(world->network.vendor), vendor_key);
    product_key_write(&generic, key);
    assert_int_equal(aval_product_install(machine, (const char *)document.data, document.size, vendor_key), AVAL_OK);
    assert_int_equal(aval_key_install(machine, key), AVAL_OK);
    world_hosts(machine, HOST, NULL, NULL);
    buffer_free(&document);
    return machine;
}

struct aval_status world_status(aval_machine *machine)
{
    struct aval_status status = {.size = sizeof status};
    const int code = aval_status(machine, PRODUCT, &status);
    if (code != AVAL_OK)
        fail_msg("aval_status: %s", aval_last_message(machine));
    return status;
}

static void path_of(const struct world *world, const char *path, char ret_path[static PATH_SIZE])
{
    assert_true(is_ok(path_join(ret_path, world->root, path)));
}

void world_read(const struct world *world, const char *path, struct buffer *out)
{
    char full[PATH_SIZE];
    path_of(world, path, full);
    struct reason reason = {.text = ""};
    if (!is_ok(file_read(full, out, &reason)))
        fail_msg("%s", reason.text);
}

void world_write(const struct world *world, const char *path, struct slice content)
{
    char full[PATH_SIZE];
    path_of(world, path, full);
    struct reason reason = {.text = ""};
    if (!is_ok(file_write(full, content, 0600, &reason)))
        fail_msg("%s", reason.text);
}

bool world_has(const struct world *world, const char *path)
{
    char full[PATH_SIZE];
    path_of(world, path, full);
    return file_exists(full);
}

void world_remove(const struct world *world, const char *folder)
{
    char full[PATH_SIZE];
    path_of(world, folder, full);
    assert_true(temporary_remove(full));
}

void world_copy(const struct world *world, const char *from, const char *to)
{
    struct buffer content = buffer_make(NOTE_MAX);
    world_read(world, from, &content);
    world_write(world, to, buffer_slice(&content));
    buffer_free(&content);
}
