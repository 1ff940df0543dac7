/* The state folder: copied, spoiled, locked, half-written; and the states that follow from time. */
#include "world.h"

#include "activation/session.h"
#include "mutate.h"
#include "system/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void activate(aval_machine *machine)
{
    if (aval_activate(machine, NULL, NULL) != AVAL_OK)
        fail_msg("%s", aval_last_message(machine));
}

static void copy_lease(struct world *world, const char *from, const char *to)
{
    static const char *const files[] = {"lease.tlog-proof", "license", "lease.host"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char source[128];
        char target[128];
        snprintf(source, sizeof source, "%s/" LEASE_IN "%s", from, files[i]);
        snprintf(target, sizeof target, "%s/" LEASE_IN "%s", to, files[i]);
        world_copy(world, source, target);
    }
}

static void a_lease_copied_to_another_machine_is_refused(void **state)
{
    struct world *world = *state;
    aval_machine *one = world_machine(world, "one");
    aval_machine *two = world_machine(world, "two");
    activate(one);
    activate(two);
    copy_lease(world, "one", "two");
    const struct aval_status status = world_status(two);
    assert_int_equal(status.code, AVAL_LEASE_OTHER_MACHINE);
    assert_int_equal(status.state, AVAL_UNLICENSED);
    assert_int_equal(status.feature_count, 0);
}

static void a_folder_on_other_hardware_is_not_licensed_and_takes_a_new_id(void **state)
{
    struct world *world = *state;
    aval_machine *one = world_machine(world, "one");
    activate(one);
    const struct aval_status before = world_status(one);
    aval_machine *clone = world_open(world, "one", "another board");
    assert_int_equal(world_status(clone).code, AVAL_LEASE_HARDWARE);
    assert_int_equal(world_status(clone).state, AVAL_UNLICENSED);
    activate(clone);
    const struct aval_status after = world_status(clone);
    assert_int_equal(after.state, AVAL_LICENSED);
    assert_string_not_equal(after.machine_id, before.machine_id);
}

static void one_new_part_of_three_leaves_the_machine_what_it_is(void **state)
{
    struct world *world = *state;
    aval_machine *one = world_machine(world, "one");
    activate(one);
    const struct aval_hardware parts[] = {{"board", "one"}, {"disk", "one"}, {"net", "new card"}};
    const struct aval_options options = {
        .size = sizeof options,
        .state_folder = world->folders[0],
        .transport = network_ask,
        .transport_context = &world->network,
        .now = network_now,
        .now_context = &world->network,
        .hardware = parts,
        .hardware_count = 3,
    };
    aval_machine *repaired = NULL;
    assert_int_equal(aval_open(&options, &repaired), AVAL_OK);
    assert_int_equal(world_status(repaired).state, AVAL_LICENSED);
    activate(repaired);
    assert_string_equal(world_status(repaired).machine_id, world_status(one).machine_id);
    aval_close(repaired);
}

struct spoiled {
    struct world *world;
    aval_machine *machine;
    const char *file;
};

/* Whether the machine is licensed in spite of it. A crash would end the test. */
static bool still_licensed(void *context, struct slice mutant)
{
    const struct spoiled *spoiled = context;
    struct aval_status status = {.size = sizeof status};
    world_write(spoiled->world, spoiled->file, mutant);
    const int code = aval_status(spoiled->machine, PRODUCT, &status);
    if (code != AVAL_OK)
        assert_int_equal(code, AVAL_STATE_BROKEN);
    else if (status.state != AVAL_LICENSED)
        assert_int_not_equal(status.code, AVAL_OK);
    return code == AVAL_OK && status.state == AVAL_LICENSED;
}

/* Some flips of every file that a lease stands on: each byte once, with another bit for each. */
static size_t spoil_some(struct slice bytes, struct spoiled *spoiled)
{
    size_t accepted = 0;
    struct buffer mutant = buffer_make(NOTE_MAX);
    for (size_t at = 0; at < bytes.size; at += 5) {
        buffer_clear(&mutant);
        buffer_append_slice(&mutant, bytes);
        mutant.data[at] ^= (uint8_t)(1u << (at % 8));
        accepted += still_licensed(spoiled, buffer_slice(&mutant)) ? 1 : 0;
        if (at % 30 == 0)
            accepted += still_licensed(spoiled, slice_make(bytes.data, at)) ? 1 : 0;
    }
    buffer_free(&mutant);
    return accepted;
}

static void no_spoiled_file_of_the_chain_licenses(void **state)
{
    static const char *const files[] = {
        "one/" LEASE_IN "lease.tlog-proof",
        "one/" LEASE_IN "license",
        "one/" LEASE_IN "product",
        "one/" LEASE_IN "vendor-key",
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buffer whole = buffer_make(NOTE_MAX);
        struct spoiled spoiled = {world, machine, files[i]};
        world_read(world, files[i], &whole);
        assert_int_equal(spoil_some(buffer_slice(&whole), &spoiled), 0);
        world_write(world, files[i], buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        buffer_free(&whole);
    }
}

/* Some of these do not matter to a lease in force (a note's own words, a time that is only remembered); none may crash.
 */
static void a_spoiled_record_is_an_answer_and_not_a_crash(void **state)
{
    static const char *const files[] = {
        "one/machines/acme.example",   "one/hosts",
        "one/" LEASE_IN "key",         "one/" LEASE_IN "number",
        "one/" LEASE_IN "lease.host",  "one/" LEASE_IN "first-run",
        "one/" LEASE_IN "last-answer", "one/" CHECKPOINT_IN,
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    world_status(machine);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buffer whole = buffer_make(NOTE_MAX);
        struct spoiled spoiled = {world, machine, files[i]};
        world_read(world, files[i], &whole);
        spoil_some(buffer_slice(&whole), &spoiled);
        world_write(world, files[i], buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        buffer_free(&whole);
    }
}

static void what_was_spoiled_is_healed_by_activating(void **state)
{
    static const char *const files[] = {
        "one/machines/acme.example",
        "one/" LEASE_IN "lease.tlog-proof",
        "one/" LEASE_IN "license",
        "one/" LEASE_IN "lease.host",
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        activate(machine);
        world_write(world, files[i], slice_of("spoiled\n"));
        const struct aval_status status = world_status(machine);
        assert_int_equal(status.code, AVAL_STATE_BROKEN);
        assert_int_equal(status.state, AVAL_UNLICENSED);
        activate(machine);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

/* Who gave the lease is one host: a list of none or of two has its form, and is as broken. */
static void a_lease_was_given_by_one_host(void **state)
{
    static const char *const lists[] = {"aval hosts v1\n", "aval hosts v1\nhost a.example:8216\nhost b.example:8216\n"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
    world_read(world, "one/" LEASE_IN "lease.host", &whole);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        world_write(world, "one/" LEASE_IN "lease.host", slice_of(lists[i]));
        assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
        world_write(world, "one/" LEASE_IN "lease.host", buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

/* A writer killed behind the rename of the lease has left the companions of both. */
static void a_lease_whose_companions_are_still_to_come_is_read(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    world_copy(world, "one/" LEASE_IN "license", "one/" LEASE_IN "old");
    snprintf(world->host->license.id, NAME_SIZE, "lic-9"); /* the same host under another license */
    world->network.now += HOUR;
    activate(machine);
    assert_string_equal(world_status(machine).license, "lic-9");
    world_copy(world, "one/" LEASE_IN "license", "one/" LEASE_IN "next.license");
    world_copy(world, "one/" LEASE_IN "lease.host", "one/" LEASE_IN "next.host");
    world_copy(world, "one/" LEASE_IN "old", "one/" LEASE_IN "license");
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    /* And before the rename: the lease with its own companions. */
    world_copy(world, "one/" LEASE_IN "next.license", "one/" LEASE_IN "license");
    world_copy(world, "one/" LEASE_IN "old", "one/" LEASE_IN "next.license");
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

/* The first lease of a product, and no other was there before: nothing of it is broken, whatever the clock shows. */
static void a_first_lease_whose_companions_are_still_to_come_is_judged_by_them(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    activate(machine);
    world_copy(world, "one/" LEASE_IN "license", "one/" LEASE_IN "next.license");
    world_copy(world, "one/" LEASE_IN "lease.host", "one/" LEASE_IN "next.host");
    assert_true(is_ok(path_join(path, world->root, "one/" LEASE_IN "lease.host")));
    assert_int_equal(unlink(path), 0);
    world->network.now -= 5 * HOUR;
    assert_int_equal(world_status(machine).code, AVAL_LEASE_NOT_NOW);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_LEASE_NOT_NOW);
    world->network.now += 5 * HOUR;
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

/* Whoever cannot read what is secret sees all that is so for the machine, and cannot ask in its name. */
static void without_the_secret_half_a_machine_is_licensed_and_cannot_give_back(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    activate(machine);
    assert_true(is_ok(path_join(path, world->root, "one/secret/acme.example")));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_STATE_BROKEN);
    assert_int_equal(world->host->releases, 0);
    const struct aval_status before = world_status(machine);
    assert_int_equal(before.state, AVAL_LICENSED);
    activate(machine); /* as another machine */
    assert_string_not_equal(world_status(machine).machine_id, before.machine_id);
}

/* Another process renews again and again; whoever looks meanwhile finds the machine licensed. */
static void a_reader_never_meets_a_lease_half_replaced(void **state)
{
    enum { RENEWALS = 40 };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    const pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        int code = AVAL_OK;
        for (int i = 0; i < RENEWALS && code == AVAL_OK; i++) {
            world->network.path_count = 0;
            world->network.now += MINUTE;
            code = aval_activate(machine, NULL, NULL);
        }
        _exit(code);
    }
    int ended = 0;
    size_t looks = 0;
    while (waitpid(writer, &ended, WNOHANG) == 0) {
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        looks++;
    }
    assert_true(looks > 0);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

static void a_folder_that_cannot_be_read_is_said_at_once(void **state)
{
    struct world *world = *state;
    char path[PATH_SIZE];
    aval_machine *machine = NULL;
    world_write(world, "file", slice_of("no folder\n"));
    assert_true(is_ok(path_join(path, world->root, "file")));
    const struct aval_options options = {.size = sizeof options, .state_folder = path};
    assert_int_equal(aval_open(&options, &machine), AVAL_FILE_READ);
    assert_null(machine);
}

static void while_another_process_writes_nobody_else_does_but_all_may_read(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    int lock = -1;
    activate(machine);
    assert_true(is_ok(path_join(path, world->folders[0], "lock")));
    assert_true(is_ok(file_lock(path, 0, &lock, NULL)));
    const char *host = HOST;
    assert_int_equal(aval_hosts_set(machine, &host, 1), AVAL_LOCKED);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    file_unlock(lock);
    assert_int_equal(aval_hosts_set(machine, &host, 1), AVAL_OK);
}

static void states_follow_one_another_with_time(void **state)
{
    static const struct {
        seconds later;
        enum aval_state state;
        int code;
    } rows[] = {
        {0, AVAL_LICENSED, AVAL_OK},
        {180 * DAY - 1, AVAL_LICENSED, AVAL_OK},
        {180 * DAY, AVAL_EXPIRED_GRACE, AVAL_LEASE_EXPIRED},
        {210 * DAY - 1, AVAL_EXPIRED_GRACE, AVAL_LEASE_EXPIRED},
        {210 * DAY, AVAL_NOTIFICATION, AVAL_LEASE_EXPIRED},
        {500 * DAY, AVAL_NOTIFICATION, AVAL_LEASE_EXPIRED}, /* the license has ended as well */
        {-5 * HOUR, AVAL_UNLICENSED, AVAL_LEASE_NOT_NOW},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world->network.now = NOW + rows[i].later;
        const struct aval_status status = world_status(machine);
        assert_int_equal(status.state, rows[i].state);
        assert_int_equal(status.code, rows[i].code);
        assert_int_equal(status.feature_count, rows[i].state == AVAL_LICENSED ? 2 : 0);
    }
}

static void grace_runs_from_the_first_status_and_ends(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(world_status(machine).state, AVAL_GRACE);
    assert_int_equal(world_status(machine).state_until, NOW + 30 * DAY);
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    world->network.now += 30 * DAY - 1;
    assert_int_equal(world_status(machine).state, AVAL_GRACE);
    world->network.now += 1;
    assert_int_equal(world_status(machine).state, AVAL_NOTIFICATION);
}

/* A machine without a battery, before somebody tells it the time. */
static void a_clock_that_was_never_set_begins_nothing_and_ends_nothing(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->network.now = 0;
    assert_int_equal(world_status(machine).state, AVAL_GRACE);
    world->network.now = 60 * DAY;
    assert_int_equal(world_status(machine).state, AVAL_GRACE);
    world->network.now = NOW;
    assert_int_equal(world_status(machine).state_until, NOW + 30 * DAY);
    activate(machine);
    world->network.now = DAY;
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    world->network.now = NOW + DAY;
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

static void a_clock_that_showed_2099_once_takes_no_grace(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->network.now = NOW + (seconds)73 * 365 * DAY;
    assert_int_equal(world_status(machine).state, AVAL_GRACE);
    world->network.now = NOW;
    assert_int_equal(world_status(machine).state, AVAL_GRACE);
    assert_int_equal(world_status(machine).state_until, NOW + 30 * DAY);
    world->network.now = NOW + 29 * DAY;
    assert_int_equal(world_status(machine).state_until, NOW + 30 * DAY);
    world->network.now = NOW + 30 * DAY;
    assert_int_equal(world_status(machine).state, AVAL_NOTIFICATION);
}

/* Its lease has ended meanwhile: the next renewal is as any. */
static void a_machine_that_was_off_for_half_a_year_renews(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    world->network.now += 200 * DAY;
    assert_int_equal(world_status(machine).state, AVAL_EXPIRED_GRACE);
    assert_int_equal(aval_renew(machine, NULL, 0, NULL), AVAL_OK);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_int_equal(world_status(machine).issued, NOW + 200 * DAY);
}

static void a_spoiled_first_run_gives_no_grace(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world_status(machine);
    world_write(world, "one/" LEASE_IN "first-run", slice_of("never\n"));
    assert_int_equal(world_status(machine).state, AVAL_UNLICENSED);
    assert_int_equal(world_status(machine).state, AVAL_UNLICENSED);
    world->network.now = 0;
    assert_int_equal(world_status(machine).state, AVAL_UNLICENSED);
}

/* The words come from elsewhere and may be no line of text; an older answer must not be taken for this one. */
static void an_answer_that_cannot_be_written_down_leaves_none(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_SESSION struct session session = {0};
    activate(machine);
    assert_string_equal(world_status(machine).last_host, HOST);
    assert_true(is_ok(session_prepare(&session, machine, PRODUCT, true, NULL)));
    session_remember(&session, &(struct aval_attempt){.host = HOST, .code = AVAL_HOST_BUSY, .message = "two\nlines"});
    assert_string_equal(world_status(machine).last_host, "");
    session_remember(&session, &(struct aval_attempt){.host = HOST, .code = AVAL_HOST_BUSY, .message = "one line"});
    assert_string_equal(world_status(machine).last_message, "one line");
    assert_int_equal(world_status(machine).last_code, AVAL_HOST_BUSY);
}

static unsigned rights_of(const struct world *world, const char *name)
{
    struct stat about;
    char path[PATH_SIZE];
    assert_true(is_ok(path_join(path, world->folders[0], name)));
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 0777;
}

/* Whatever the umask. A user's own folder is closed at its door. */
static void everything_but_the_secrets_is_for_everybody_to_read_where_it_is_roots(void **state)
{
    static const struct {
        const char *name;
        unsigned rights;
    } rows[] = {
        {"machines", 0755},
        {"machines/acme.example", 0644},
        {"hosts", 0644},
        {"secret", 0700},
        {"secret/acme.example", 0600},
        {"products", 0755},
        {"products/acme.example/studio", 0755},
        {"products/acme.example/studio/key", 0644},
        {"products/acme.example/studio/lease.tlog-proof", 0644},
        {"products/acme.example/studio/last-answer", 0644},
        {"products/acme.example/studio/number", 0644},
        {"products/acme.example/studio/checkpoints", 0755},
    };
    struct world *world = *state;
    const mode_t before = umask(0077);
    activate(world_machine(world, "one"));
    umask(before);
    assert_int_equal(rights_of(world, "."), geteuid() == 0 ? 0755 : 0700);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rights_of(world, rows[i].name) != rows[i].rights)
            fail_msg("%s: %o", rows[i].name, rights_of(world, rows[i].name));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_lease_copied_to_another_machine_is_refused),
        TEST(a_folder_on_other_hardware_is_not_licensed_and_takes_a_new_id),
        TEST(one_new_part_of_three_leaves_the_machine_what_it_is),
        TEST(no_spoiled_file_of_the_chain_licenses),
        TEST(a_spoiled_record_is_an_answer_and_not_a_crash),
        TEST(what_was_spoiled_is_healed_by_activating),
        TEST(a_lease_was_given_by_one_host),
        TEST(a_lease_whose_companions_are_still_to_come_is_read),
        TEST(a_first_lease_whose_companions_are_still_to_come_is_judged_by_them),
        TEST(without_the_secret_half_a_machine_is_licensed_and_cannot_give_back),
        TEST(a_reader_never_meets_a_lease_half_replaced),
        TEST(a_folder_that_cannot_be_read_is_said_at_once),
        TEST(while_another_process_writes_nobody_else_does_but_all_may_read),
        TEST(states_follow_one_another_with_time),
        TEST(grace_runs_from_the_first_status_and_ends),
        TEST(a_clock_that_was_never_set_begins_nothing_and_ends_nothing),
        TEST(a_clock_that_showed_2099_once_takes_no_grace),
        TEST(a_machine_that_was_off_for_half_a_year_renews),
        TEST(a_spoiled_first_run_gives_no_grace),
        TEST(an_answer_that_cannot_be_written_down_leaves_none),
        TEST(everything_but_the_secrets_is_for_everybody_to_read_where_it_is_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
