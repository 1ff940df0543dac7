/* The site key at the machine: where it is kept, and with which questions it is shown. */
#include "machine/handle.h"
#include "proto/site_authorization.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SITE_KEY "one/secret/site+key"
#define KEY_TEXT "aval site-key v1\nkey AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define OTHER    "aval site-key v1\nkey AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

/* Hands everything on, and looks at what is shown with it. */
struct listening {
    struct network *network;
    const char *expected; /* text of the key that every body must be shown with; NULL: none is */
    unsigned bodies;
};

static int listen_in(void *context, const char *host, const char *path, const char *body, size_t body_size,
                     const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                     int *ret_http_status, char *reason, size_t reason_size)
{
    struct listening *const listening = context;
    char value[SITE_AUTHORIZATION_SIZE];
    struct site_key key;
    if (body == NULL || listening->expected == NULL) {
        assert_null(authorization);
    } else {
        assert_true(is_ok(site_key_read(slice_of(listening->expected), &key)));
        site_authorization_write(&key, slice_make(body, body_size), value);
        assert_non_null(authorization);
        assert_string_equal(authorization, value);
    }
    listening->bodies += body != NULL ? 1 : 0;
    return network_ask(listening->network, host, path, body, body_size, authorization, timeout_ms, answer, capacity,
                       ret_size, ret_http_status, reason, reason_size);
}

static aval_machine *listened_to(struct world *world, struct listening *listening)
{
    listening->network = &world->network;
    world->transport = listen_in;
    world->transport_context = listening;
    return world_machine(world, "one");
}

static int set(aval_machine *machine, const char *text)
{
    return aval_site_key_set(machine, text, strlen(text));
}

static bool is_set(aval_machine *machine)
{
    int held = -1;
    assert_int_equal(aval_site_key_is_set(machine, &held), AVAL_OK);
    assert_true(held == 0 || held == 1);
    return held == 1;
}

static void what_is_signed_is_shown_with_the_key_and_nothing_else(void **state)
{
    struct world *const world = *state;
    struct listening listening = {.expected = NULL};
    aval_machine *const machine = listened_to(world, &listening);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(set(machine, KEY_TEXT), AVAL_OK);
    listening.expected = KEY_TEXT;
    assert_int_equal(aval_renew(machine, NULL, 1, NULL), AVAL_OK);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(set(machine, OTHER), AVAL_OK);
    listening.expected = OTHER;
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(aval_site_key_remove(machine), AVAL_OK);
    listening.expected = NULL;
    assert_int_equal(aval_renew(machine, NULL, 1, NULL), AVAL_OK);
    assert_int_equal(listening.bodies, 5);
}

static void it_is_for_its_owner_alone(void **state)
{
    struct world *const world = *state;
    char path[PATH_SIZE];
    struct stat about;
    aval_machine *const machine = world_open(world, "one", "one");
    assert_false(is_set(machine));
    assert_int_equal(aval_site_key_remove(machine), AVAL_OK);
    assert_int_equal(set(machine, KEY_TEXT), AVAL_OK);
    assert_true(is_set(machine));
    snprintf(path, sizeof path, "%s/" SITE_KEY, world->root);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    *strrchr(path, '/') = 0;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0700);
    assert_int_equal(aval_site_key_remove(machine), AVAL_OK);
    assert_false(is_set(machine));
    assert_false(world_has(world, SITE_KEY));
}

static void another_text_is_no_key_and_the_one_that_is_there_stays(void **state)
{
    struct world *const world = *state;
    aval_machine *const machine = world_open(world, "one", "one");
    assert_int_equal(set(machine, KEY_TEXT), AVAL_OK);
    assert_int_equal(set(machine, ""), AVAL_TEXT_EMPTY);
    assert_int_equal(set(machine, "aval hosts v1\nhost kms:1\n"), AVAL_DOCUMENT_TYPE);
    assert_int_equal(set(machine, "aval site-key v1\nkey AAAA\n"), AVAL_BASE64);
    assert_int_equal(set(machine, KEY_TEXT "\n"), AVAL_TEXT_TRAILING);
    assert_int_equal(aval_site_key_set(machine, NULL, 1), AVAL_USAGE);
    CLEANUP_BUFFER struct buffer kept = buffer_make(SITE_KEY_FILE_MAX);
    world_read(world, SITE_KEY, &kept);
    assert_true(slice_is(buffer_slice(&kept), KEY_TEXT));
}

/* Only the host knows whether it wants one. */
static void one_that_is_broken_is_not_shown_and_is_the_reason_only_where_one_is_wanted(void **state)
{
    struct world *const world = *state;
    struct listening listening = {.expected = NULL};
    struct aval_report report = {.size = sizeof report};
    int held = -1;
    aval_machine *const machine = listened_to(world, &listening);
    assert_int_equal(set(machine, KEY_TEXT), AVAL_OK);
    world_write(world, SITE_KEY, slice_of("nothing\n"));
    assert_int_equal(aval_site_key_is_set(machine, &held), AVAL_STATE_BROKEN);
    assert_int_equal(held, -1);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world->host->refuse = ERR_SITE_KEY_REQUIRED;
    assert_int_equal(aval_renew(machine, NULL, 1, &report), AVAL_SITE_KEY_REQUIRED);
    assert_non_null(strstr(report.attempts[0].message, SITE_KEY " (state-broken)"));
    assert_non_null(strstr(report.attempts[0].message, "aval site-key set"));
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

/* Products in a user's own folder are asked for with his own key, or else with the whole machine's. */
static void a_users_own_key_comes_before_the_machines(void **state)
{
    struct world *const world = *state;
    struct listening listening = {.expected = NULL};
    char path[PATH_SIZE];
    aval_machine *const root = world_open(world, "root", "one");
    assert_int_equal(set(root, KEY_TEXT), AVAL_OK);
    aval_machine *const machine = listened_to(world, &listening);
    snprintf(machine->system, sizeof machine->system, "%s/root", world->root);
    listening.expected = KEY_TEXT;
    assert_int_equal(aval_activate(machine, PRODUCT, NULL), AVAL_OK);
    assert_true(is_set(machine));
    assert_int_equal(set(machine, OTHER), AVAL_OK);
    listening.expected = OTHER;
    assert_int_equal(aval_renew(machine, PRODUCT, 1, NULL), AVAL_OK);
    assert_int_equal(aval_site_key_remove(machine), AVAL_OK);
    assert_true(is_set(machine));
    assert_true(world_has(world, "root/secret/site+key"));

    /* Root may look everywhere. */
    snprintf(path, sizeof path, "%s/root/secret", world->root);
    if (geteuid() != 0) {
        int held = -1;
        assert_int_equal(chmod(path, 0), 0);
        listening.expected = NULL;
        assert_int_equal(aval_site_key_is_set(machine, &held), AVAL_FILE_READ);
        assert_int_equal(aval_renew(machine, PRODUCT, 1, NULL), AVAL_OK);
        assert_int_equal(chmod(path, 0700), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_signed_is_shown_with_the_key_and_nothing_else),
        TEST(it_is_for_its_owner_alone),
        TEST(a_users_own_key_comes_before_the_machines),
        TEST(another_text_is_no_key_and_the_one_that_is_there_stays),
        TEST(one_that_is_broken_is_not_shown_and_is_the_reason_only_where_one_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
