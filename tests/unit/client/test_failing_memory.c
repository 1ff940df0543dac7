/*
 * The nth request for memory gets none, for every n until all do: the call says so or works, and the next one works.
 *
 * Hosts cannot be reached here, since the one of the other tests asks for memory itself.
 */
#include "failing_calls.h"
#include "machine/identity.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REQUESTS_MAX = 400 };

struct scene {
    struct world *world;
    aval_machine *machine;
    struct buffer document;
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    char key[PRODUCT_KEY_TEXT_SIZE];
    char machine_id[MACHINE_ID_TEXT_SIZE]; /* of the licensed machine */
};

/* What is done while memory is short, and its code where memory is not. */
struct deed {
    int (*work)(struct scene *scene);
    int code;
};

static int install_product(struct scene *scene)
{
    const int code = aval_product_install(scene->machine, (const char *)scene->document.data, scene->document.size,
                                          scene->vendor_key);
    failing_memory_spare(true);
    if (code == AVAL_OK)
        assert_string_equal(world_status(scene->machine).product, "studio");
    failing_memory_spare(false);
    return code;
}

/* Whoever is told that it is done finds it done. */
static int install_key(struct scene *scene)
{
    const int code = aval_key_install(scene->machine, scene->key);
    failing_memory_spare(true);
    if (code == AVAL_OK)
        assert_string_equal(world_status(scene->machine).edition, "pro");
    failing_memory_spare(false);
    return code;
}

static int remove_other_key(struct scene *scene)
{
    return aval_key_remove(scene->machine, "ZZZZZ");
}

static int set_hosts(struct scene *scene)
{
    const char *const hosts[] = {HOST};
    const int code = aval_hosts_set(scene->machine, hosts, 1);
    failing_memory_spare(true);
    if (code == AVAL_OK)
        assert_string_equal(aval_host(scene->machine, 0), HOST);
    failing_memory_spare(false);
    return code;
}

/* What was too short of memory to be written down whole is not kept as something else either. */
static int set_about(struct scene *scene)
{
    const struct aval_datum datum = {"gpu", "none"};
    const struct aval_about about = {.size = sizeof about, .version = "4.2.1", .data = &datum, .data_count = 1};
    struct aval_told told = {.size = sizeof told};
    const int code = aval_set_about(scene->machine, PRODUCT, &about);
    failing_memory_spare(true);
    if (code == AVAL_OK) {
        assert_int_equal(aval_get_about(scene->machine, PRODUCT, &told), AVAL_OK);
        assert_string_equal(told.version, "4.2.1");
    }
    failing_memory_spare(false);
    return code;
}

static int set_telling(struct scene *scene)
{
    struct aval_told told = {.size = sizeof told};
    const int code = aval_set_telling(scene->machine, AVAL_TELL_NAME, "reading room 3");
    failing_memory_spare(true);
    if (code == AVAL_OK) {
        assert_int_equal(aval_get_about(scene->machine, PRODUCT, &told), AVAL_OK);
        assert_string_equal(told.name, "reading room 3");
    }
    failing_memory_spare(false);
    return code;
}

static int get_about(struct scene *scene)
{
    struct aval_told told = {.size = sizeof told};
    const int code = aval_get_about(scene->machine, PRODUCT, &told);
    assert_string_equal(told.name, code == AVAL_OK ? "reading room 3" : "");
    return code;
}

static int show_host(struct scene *scene)
{
    const char *host = aval_host(scene->machine, 0);
    assert_true(host == NULL || strcmp(host, HOST) == 0);
    return host != NULL ? AVAL_OK : strstr(aval_last_message(scene->machine), "no more memory") ? AVAL_NO_MEMORY : -1;
}

static int set_site_key(struct scene *scene)
{
    static const char text[] = "aval site-key v1\nkey AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    return aval_site_key_set(scene->machine, text, strlen(text));
}

/* One that memory was too short to look at is not taken for none. */
static int show_site_key(struct scene *scene)
{
    int held = -1;
    const int code = aval_site_key_is_set(scene->machine, &held);
    assert_int_equal(held, code == AVAL_OK ? 1 : -1);
    return code;
}

/* A lease that memory was too short to look at is not taken for one, and not for a broken one either. Nor is a machine
 * for another, which would have to activate anew. */
static int look(struct scene *scene)
{
    struct aval_status status = {.size = sizeof status};
    const int code = aval_status(scene->machine, PRODUCT, &status);
    if (code != AVAL_OK || status.code == AVAL_NO_MEMORY)
        return AVAL_NO_MEMORY;
    assert_int_equal(status.state, AVAL_LICENSED);
    assert_string_equal(status.machine_id, scene->machine_id);
    return code;
}

/* Who the machine is stands in the folder, whole, before anybody is asked. */
static int activate(struct scene *scene)
{
    const int code = aval_activate(scene->machine, PRODUCT, NULL);
    struct identity identity;
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    bool found = false;
    if (code == AVAL_NO_MEMORY)
        return code;
    failing_memory_spare(true);
    assert_true(is_ok(identity_load(scene->machine, "acme.example", &identity, &found, NULL)));
    assert_true(found);
    assert_true(is_ok(identity_key(scene->machine, "acme.example", &identity, &key, NULL)));
    failing_memory_spare(false);
    return code;
}

static int open_another(struct scene *scene)
{
    const struct aval_options options = {.size = sizeof options, .state_folder = scene->world->root};
    aval_machine *machine = NULL;
    const int code = aval_open(&options, &machine);
    assert_true((code == AVAL_OK) == (machine != NULL));
    aval_close(machine);
    return code;
}

static int release(struct scene *scene)
{
    return aval_release(scene->machine, PRODUCT, NULL);
}

static int count_evidence(struct scene *scene)
{
    size_t count = 0;
    const int code = aval_evidence_count(scene->machine, &count);
    assert_int_equal(count, code == AVAL_OK ? 1 : 0);
    return code;
}

static void fail_each(struct scene *scene, const struct deed *deed)
{
    uint64_t nth = 0;
    do {
        assert_true(++nth < REQUESTS_MAX);
        failing_memory_plan(nth);
        const int code = deed->work(scene);
        failing_memory_plan(0);
        if (code != AVAL_NO_MEMORY)
            assert_int_equal(code, deed->code);
        else
            assert_true(failing_memory_happened());
        assert_int_equal(deed->work(scene), deed->code);
    } while (failing_memory_happened());
    assert_true(nth > 1);
}

static int unreachable(void *context, const char *address, const char *path, const char *body, size_t body_size,
                       const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                       int *ret_http_status, char *reason, size_t reason_size)
{
    (void)context;
    (void)address;
    (void)path;
    (void)body;
    (void)body_size;
    (void)authorization;
    (void)timeout_ms;
    memset(answer, 0, capacity);
    *ret_size = 0;
    *ret_http_status = 0;
    snprintf(reason, reason_size, "no route");
    return AVAL_HOST_UNREACHABLE;
}

/* The honest host of the other tests, which always has memory. */
static int ask_spared(void *context, const char *address, const char *path, const char *body, size_t body_size,
                      const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                      int *ret_http_status, char *reason, size_t reason_size)
{
    failing_memory_spare(true);
    const int code = network_ask(context, address, path, body, body_size, authorization, timeout_ms, answer, capacity,
                                 ret_size, ret_http_status, reason, reason_size);
    failing_memory_spare(false);
    return code;
}

static void set_up_anew(struct scene *scene)
{
    static int (*const steps[])(struct scene *) = {install_product, install_key, set_hosts};
    failing_memory_spare(true);
    if (world_has(scene->world, "one"))
        world_remove(scene->world, "one");
    fake_host_forget(scene->world->host, 0);
    scene->world->network.path_count = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(steps[i](scene), AVAL_OK);
        failing_memory_spare(true);
    }
    failing_memory_spare(false);
}

/* A whole activation, and a release behind it. */
static int activate_and_release(struct scene *scene)
{
    set_up_anew(scene);
    int code = aval_activate(scene->machine, PRODUCT, NULL);
    failing_memory_spare(true);
    if (code == AVAL_OK)
        assert_int_equal(world_status(scene->machine).state, AVAL_LICENSED);
    failing_memory_spare(false);
    if (code == AVAL_OK)
        code = aval_release(scene->machine, PRODUCT, NULL);
    failing_memory_spare(true);
    if (code == AVAL_OK)
        assert_int_equal(world_status(scene->machine).code, AVAL_NO_LEASE);
    failing_memory_spare(false);
    return code;
}

static void begin(struct world *world, struct scene *ret_scene)
{
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    *ret_scene = (struct scene){.world = world, .document = buffer_make(NOTE_MAX)};
    network_product(&world->network, NOW - DAY, &ret_scene->document);
    verifier_key_write(signing_key_verifier(world->network.vendor), ret_scene->vendor_key);
    product_key_write(&generic, ret_scene->key);
}

static void without_memory_a_machine_is_set_up_or_says_so(void **state)
{
    static const struct deed deeds[] = {
        {open_another, AVAL_OK},    {install_product, AVAL_OK},
        {install_key, AVAL_OK},     {remove_other_key, AVAL_NOT_FOUND},
        {set_hosts, AVAL_OK},       {show_host, AVAL_OK},
        {set_about, AVAL_OK},       {set_telling, AVAL_OK},
        {get_about, AVAL_OK},       {set_site_key, AVAL_OK},
        {show_site_key, AVAL_OK},   {activate, AVAL_HOST_UNREACHABLE},
        {install_product, AVAL_OK}, {release, AVAL_NO_LEASE},
    };
    struct scene scene;
    begin(*state, &scene);
    scene.world->transport = unreachable;
    scene.machine = world_open(scene.world, "one", "one");
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        fail_each(&scene, &deeds[i]);
    buffer_free(&scene.document);
}

static void without_memory_a_licensed_machine_stays_so_and_says_what_is_short(void **state)
{
    static const struct deed deeds[] = {
        {look, AVAL_OK}, {activate, AVAL_HOST_UNREACHABLE}, {release, AVAL_HOST_UNREACHABLE}, {count_evidence, AVAL_OK},
        {look, AVAL_OK},
    };
    struct scene scene;
    begin(*state, &scene);
    aval_machine *machine = world_machine(scene.world, "one");
    struct revocations *revocations = calloc(1, sizeof *revocations); /* the host's to free */
    assert_non_null(revocations);
    *revocations = (struct revocations){.vendor = "acme.example", .sequence = 1, .issued = NOW};
    scene.world->host->revocations = revocations;
    assert_int_equal(aval_activate(machine, PRODUCT, NULL), AVAL_OK);
    assert_true(world_has(scene.world, "one/" LEASE_IN "revocations"));
    scene.world->network.now += HOUR;
    scene.world->host->lie = LIE_HISTORY;
    assert_int_equal(aval_activate(machine, PRODUCT, NULL), AVAL_CONSISTENCY_WRONG);
    scene.world->transport = unreachable;
    scene.machine = world_open(scene.world, "one", "one");
    snprintf(scene.machine_id, sizeof scene.machine_id, "%s", world_status(machine).machine_id);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        fail_each(&scene, &deeds[i]);
    buffer_free(&scene.document);
}

/* Whatever step memory is short at: the host is not said to be at fault, and what is told to be done is. */
static void without_memory_an_activation_says_so_or_is_whole(void **state)
{
    static const struct deed deed = {activate_and_release, AVAL_OK};
    struct scene scene;
    begin(*state, &scene);
    scene.world->transport = ask_spared;
    scene.machine = world_open(scene.world, "one", "one");
    fail_each(&scene, &deed);
    buffer_free(&scene.document);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(without_memory_a_machine_is_set_up_or_says_so),
        TEST(without_memory_an_activation_says_so_or_is_whole),
        TEST(without_memory_a_licensed_machine_stays_so_and_says_what_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
