/* Arguments of the public functions: what is taken, what is refused, and structs of callers that are smaller or larger
 * than those of this library. */
#include "faults.h"
#include "transport/transport.h"

#include "core/rules/state.h"
#include "machine/handle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Opens with these options, on the folder "one" where they name none, and closes again. Returns the code; *ret_machine
 * is what the handle was. */
static int try_open(const struct world *world, struct aval_options options, aval_machine *ret_machine)
{
    char path[PATH_SIZE];
    aval_machine *machine = NULL;
    world_path(world, "one", path);
    if (options.state_folder == NULL)
        options.state_folder = path;
    const int code = aval_open(&options, &machine);
    assert_true((code == AVAL_OK) == (machine != NULL));
    if (machine != NULL)
        *ret_machine = *machine;
    aval_close(machine);
    return code;
}

static int no_transport(void *context, const char *host, const char *path, const char *body, size_t body_size,
                        const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                        int *ret_http_status, char *reason, size_t reason_size)
{
    (void)context, (void)host, (void)path, (void)body, (void)body_size, (void)authorization, (void)timeout_ms;
    memset(answer, 0, capacity);
    *ret_size = 0;
    *ret_http_status = 0;
    snprintf(reason, reason_size, "no route");
    return AVAL_HOST_UNREACHABLE;
}

/* What stands behind the size that the caller says is his, not the library's. */
static void options_are_read_to_the_size_that_they_say(void **state)
{
    static const size_t first = offsetof(struct aval_options, timeout_ms);
    struct world *world = *state;
    struct aval_options options = {.timeout_ms = 7, .transport = no_transport, .transport_context = world};
    aval_machine machine;
    options.size = 0;
    assert_int_equal(try_open(world, options, &machine), AVAL_USAGE);
    options.size = first - 1;
    assert_int_equal(try_open(world, options, &machine), AVAL_USAGE);
    options.size = first;
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    assert_int_equal(machine.timeout_ms, 10000);
    assert_true(machine.transport == transport_bundled());
    assert_null(machine.transport_context);
    options.size = sizeof options;
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    assert_int_equal(machine.timeout_ms, 7);
    assert_true(machine.transport == no_transport);
    assert_ptr_equal(machine.transport_context, world);
}

static void options_of_a_later_version_are_read_as_far_as_they_are_known(void **state)
{
    struct world *world = *state;
    struct {
        struct aval_options options;
        char more[64];
    } later = {.options = {.size = sizeof later, .timeout_ms = 1}};
    char path[PATH_SIZE];
    aval_machine *machine = NULL;
    world_path(world, "one", path);
    later.options.state_folder = path;
    memset(later.more, 0x5a, sizeof later.more);
    assert_int_equal(aval_open(&later.options, &machine), AVAL_OK);
    assert_int_equal(machine->timeout_ms, 1);
    assert_string_equal(machine->own, path);
    assert_string_equal(machine->folder, path);
    assert_string_equal(machine->system, "");
    assert_int_equal(machine->pinned_count, 0);
    aval_close(machine);
}

/* The context of a transport is nothing to the bundled one. */
static void a_context_without_a_transport_goes_to_nobody(void **state)
{
    struct world *world = *state;
    aval_machine machine;
    const struct aval_options options = {.size = sizeof options, .transport_context = world};
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    assert_null(machine.transport_context);
    assert_int_equal(machine.timeout_ms, 10000);
}

static void without_options_everything_is_as_ever(void **state)
{
    struct world *world = *state;
    aval_machine *machine = NULL;
    char *home = getenv("HOME");
    CLEANUP_BUFFER struct buffer before = buffer_make(PATH_SIZE);
    buffer_append_text(&before, home == NULL ? "" : home);
    assert_int_equal(setenv("HOME", world->root, 1), 0);
    unsetenv("XDG_STATE_HOME");
    const int code = aval_open(NULL, &machine);
    assert_int_equal(setenv("HOME", buffer_text(&before), 1), 0);
    assert_int_equal(code, AVAL_OK);
    assert_true(machine->transport == transport_bundled());
    assert_false(machine->own_hardware);
    assert_int_not_equal(machine->own[0], 0);
    assert_string_equal(machine->folder, machine->own);
    aval_close(machine);
}

enum { SOME_USER = 65534 };

/* In a process of its own that is a user without a home; the code, or -1 where the folders are others. */
static int open_as_user(const char *state_home, const char *own)
{
    aval_machine *machine = NULL;
    if ((geteuid() == 0 && seteuid(SOME_USER) != 0) || setenv("HOME", "/nowhere", 1) != 0 ||
        (state_home == NULL ? unsetenv("XDG_STATE_HOME") : setenv("XDG_STATE_HOME", state_home, 1)) != 0)
        return -1;
    const int code = aval_open(NULL, &machine);
    const bool right = code != AVAL_OK || (strcmp(machine->own, own) == 0 && strcmp(machine->folder, own) == 0 &&
                                           strcmp(machine->system, "/var/lib/aval") == 0);
    aval_close(machine);
    return right ? code : -1;
}

static int status_as_user(const char *state_home, const char *own)
{
    int ended = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(open_as_user(state_home, own) & 0xff);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

/* Users have a folder of their own beside the system's, by an environment that may be anything. */
static void users_have_two_folders(void **state)
{
    (void)state;
    char home[PATH_SIZE + 1];
    memset(home, '/', sizeof home - 1);
    home[sizeof home - 1] = 0;
    assert_int_equal(status_as_user(NULL, "/nowhere/.local/state/aval"), AVAL_OK);
    assert_int_equal(status_as_user("/nowhere/state", "/nowhere/state/aval"), AVAL_OK);
    assert_int_equal(status_as_user(home, ""), AVAL_TEXT_TOO_LONG);
}

static void a_state_folder_has_a_name_that_a_path_can_have(void **state)
{
    struct world *world = *state;
    aval_machine machine;
    char path[PATH_SIZE + 1];
    memset(path, '/', sizeof path);
    path[PATH_SIZE] = 0;
    struct aval_options options = {.size = sizeof options, .state_folder = ""};
    assert_int_equal(try_open(world, options, &machine), AVAL_USAGE);
    assert_string_equal(aval_last_message(NULL), error_info(ERR_USAGE)->sentence);
    options.state_folder = path;
    assert_int_equal(try_open(world, options, &machine), AVAL_USAGE);
    path[PATH_SIZE - 1] = 0; /* one byte less is a long way of writing the root */
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    assert_string_equal(aval_last_message(NULL), "");
    assert_string_equal(machine.own, path);
}

/* Of as many slashes as it takes, behind which the folder lies. */
static aval_machine *open_long(const struct world *world, size_t length)
{
    const struct aval_hardware board = {"board", "one"};
    char short_path[PATH_SIZE];
    char path[PATH_SIZE];
    aval_machine *machine = NULL;
    world_path(world, "one", short_path);
    memset(path, '/', sizeof path);
    memcpy(path + length - strlen(short_path), short_path, strlen(short_path) + 1);
    const struct aval_options options = {
        .size = sizeof options,
        .state_folder = path,
        .transport = network_ask,
        .transport_context = (void *)(uintptr_t)&world->network,
        .now = network_now,
        .now_context = (void *)(uintptr_t)&world->network,
        .hardware = &board,
        .hardware_count = 1,
    };
    assert_int_equal(aval_open(&options, &machine), AVAL_OK);
    return machine;
}

enum { LONG_CALLS = 8, NAMES_MAX = 130 }; /* no name that is put behind the folder is longer */

static int pass_over(void *context, const char *product)
{
    (void)context;
    (void)product;
    return 0;
}

static void do_everything(const struct world *world, aval_machine *machine, int ret_codes[static LONG_CALLS])
{
    CLEANUP_BUFFER struct buffer document = buffer_make(NOTE_MAX);
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    char key[PRODUCT_KEY_TEXT_SIZE];
    const char *host = HOST;
    struct aval_status status = {.size = sizeof status};
    size_t count = 0;
    network_product(&world->network, NOW - DAY, &document);
    verifier_key_write(signing_key_verifier(world->network.vendor), vendor_key);
    product_key_write(&generic, key);
    ret_codes[0] = aval_hosts_set(machine, &host, 1);
    ret_codes[1] = aval_product_install(machine, (const char *)document.data, document.size, vendor_key);
    ret_codes[2] = aval_key_install(machine, key);
    ret_codes[3] = aval_activate(machine, PRODUCT, NULL);
    ret_codes[4] = aval_status(machine, PRODUCT, &status);
    ret_codes[5] = aval_release(machine, PRODUCT, NULL);
    ret_codes[6] = aval_evidence_count(machine, &count);
    ret_codes[7] = aval_products(machine, pass_over, NULL);
}

/* Of one call, or of what it needs from those before it. */
static bool is_for_length(int code)
{
    return code == AVAL_TEXT_TOO_LONG || code == AVAL_STATE_BROKEN || code == AVAL_NO_PRODUCT || code == AVAL_NO_LEASE;
}

/* As the folder's path grows byte by byte, one call after the other says that there is no room for its file, and none
 * does anything else. */
static void a_path_that_would_be_too_long_is_told(void **state)
{
    struct world *world = *state;
    bool fails[LONG_CALLS] = {false};
    for (size_t length = PATH_SIZE - NAMES_MAX; length < PATH_SIZE; length++) {
        int codes[LONG_CALLS];
        aval_machine *machine = open_long(world, length);
        do_everything(world, machine, codes);
        aval_close(machine);
        world->network.path_count = 0;
        fake_host_forget(world->host, 0); /* so that its ledger has room */
        if (world_has(world, "one"))
            world_remove(world, "one");
        for (size_t i = 0; i < LONG_CALLS; i++) {
            assert_true(fails[i] ? codes[i] != AVAL_OK : codes[i] == AVAL_OK || is_for_length(codes[i]));
            fails[i] = codes[i] != AVAL_OK;
            assert_true(length > PATH_SIZE - NAMES_MAX || !fails[i]);
            assert_true(length < PATH_SIZE - 1 || codes[i] == AVAL_TEXT_TOO_LONG);
        }
    }
}

static void hardware_is_taken_whole_or_not_at_all(void **state)
{
    static const struct aval_hardware sources[] = {
        {"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", "6"}, {"g", "7"}, {"h", "8"}, {"i", "9"},
    };
    static const struct aval_hardware no_kind[] = {{"a", "1"}, {NULL, "2"}};
    static const struct aval_hardware no_value[] = {{"a", NULL}};
    static const struct aval_hardware empty[] = {{"a", ""}};
    static const struct aval_hardware twice[] = {{"a", "1"}, {"a", "1"}};
    static const struct {
        const struct aval_hardware *sources;
        size_t count;
        int code;
    } rows[] = {
        {sources, 0, AVAL_OK},     {sources, 8, AVAL_OK},  {sources, 9, AVAL_USAGE}, {no_kind, 2, AVAL_USAGE},
        {no_value, 1, AVAL_USAGE}, {empty, 1, AVAL_USAGE}, {twice, 2, AVAL_USAGE},   {no_kind, 1, AVAL_OK},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        aval_machine machine;
        struct hardware_sources found;
        const struct aval_options options = {
            .size = sizeof options, .hardware = rows[i].sources, .hardware_count = rows[i].count};
        assert_int_equal(try_open(world, options, &machine), rows[i].code);
        if (rows[i].code != AVAL_OK)
            continue;
        machine_hardware(&machine, &found);
        assert_int_equal(found.count, rows[i].count);
        for (size_t s = 0; s < found.count; s++)
            assert_string_equal(found.sources[s].value, rows[i].sources[s].value);
    }
}

static void expect_identity(const aval_machine *machine, const char *value)
{
    struct hardware_sources found;
    machine_hardware(machine, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.sources[0].kind, "identity");
    assert_string_equal(found.sources[0].value, value);
}

static void an_identity_handed_in_stands_in_the_place_of_all_hardware(void **state)
{
    static const struct aval_hardware board = {"board", "one"};
    struct world *world = *state;
    aval_machine machine;
    struct aval_options options = {.size = sizeof options, .identity = " i-1\n"};
    assert_int_equal(setenv("AVAL_MACHINE_ID", "i-2", 1), 0);
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    expect_identity(&machine, "i-1");
    options.identity = NULL;
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    expect_identity(&machine, "i-2");
    options.size = offsetof(struct aval_options, identity); /* of a product that knows no such option */
    options.identity = "i-1";
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    expect_identity(&machine, "i-2");
    options = (struct aval_options){.size = sizeof options, .hardware = &board, .hardware_count = 1};
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    assert_string_equal(machine.hardware.sources[0].kind, "board");
    options.identity = "i-1";
    assert_int_equal(try_open(world, options, &machine), AVAL_USAGE);
    assert_int_equal(unsetenv("AVAL_MACHINE_ID"), 0);
}

static void what_is_no_identity_opens_nothing(void **state)
{
    static const char *const wrong[] = {"",
                                        " ",
                                        "a\nb",
                                        "a\x7f",
                                        "\xff",
                                        "$(A)",
                                        "${A}",
                                        "{{a}}",
                                        "<none>",
                                        "0000-00",
                                        "ffFF",
                                        "None",
                                        "to be filled by O.E.M."};
    struct world *world = *state;
    char longest[257];
    aval_machine machine;
    struct aval_options options = {.size = sizeof options};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        options.identity = wrong[i];
        assert_int_equal(try_open(world, options, &machine), AVAL_IDENTITY_FORM);
    }
    memset(longest, 'i', sizeof longest);
    longest[0] = 'm';
    longest[256] = 0;
    options.identity = longest;
    assert_int_equal(try_open(world, options, &machine), AVAL_IDENTITY_FORM);
    longest[255] = 0;
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    expect_identity(&machine, longest);
}

static void as_many_vendor_keys_are_pinned_as_there_may_be(void **state)
{
    struct world *world = *state;
    char text[VERIFIER_KEY_TEXT_SIZE];
    const char *keys[9];
    aval_machine machine;
    verifier_key_write(signing_key_verifier(world->network.vendor), text);
    for (size_t i = 0; i < 9; i++)
        keys[i] = text;
    struct aval_options options = {.size = sizeof options, .vendor_keys = keys, .vendor_key_count = 8};
    assert_int_equal(try_open(world, options, &machine), AVAL_OK);
    assert_int_equal(machine.pinned_count, 8);
    assert_true(verifier_key_equal(&machine.pinned[7], signing_key_verifier(world->network.vendor)));
    options.vendor_key_count = 9;
    assert_int_equal(try_open(world, options, &machine), AVAL_USAGE);
}

static void hosts_are_sixteen_at_most_and_each_is_one(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    char names[17][8];
    const char *hosts[17];
    for (size_t i = 0; i < 17; i++) {
        snprintf(names[i], sizeof names[i], "h%zu", i);
        hosts[i] = names[i];
    }
    assert_int_equal(aval_hosts_set(machine, hosts, 16), AVAL_OK);
    assert_string_equal(aval_host(machine, 0), "h0:8216");
    assert_string_equal(aval_host(machine, 15), "h15:8216");
    assert_null(aval_host(machine, 16));
    assert_string_equal(aval_last_message(machine), "");
    assert_int_equal(aval_hosts_set(machine, hosts, 17), AVAL_USAGE);
    assert_message(aval_last_message(machine), "at most 16 hosts: ", ERR_USAGE);
    hosts[1] = "a b";
    assert_int_equal(aval_hosts_set(machine, hosts, 2), AVAL_USAGE);
    assert_message(aval_last_message(machine),
                   "a b is no HOST[:PORT] (names are made of letters, digits, '-', '_' and '.', and begin and end with "
                   "a letter or digit): ",
                   ERR_USAGE);
    assert_string_equal(aval_host(machine, 15), "h15:8216"); /* what was there stays */
    hosts[1] = "H0:8216";                                    /* the first once more */
    assert_int_equal(aval_hosts_set(machine, hosts, 2), AVAL_OK);
    assert_null(aval_host(machine, 1));
}

/* A report of the first version has no attempts. */
static void a_report_is_filled_to_the_callers_size(void **state)
{
    static const size_t least = offsetof(struct aval_report, attempts);
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct {
        struct aval_report report;
        char more[8];
    } room;
    memset(&room, 0x5a, sizeof room);
    room.report.size = least - 1;
    assert_int_equal(aval_activate(machine, NULL, &room.report), AVAL_USAGE);
    assert_int_equal(world->network.path_count, 0);
    room.report.size = least;
    assert_int_equal(aval_activate(machine, NULL, &room.report), AVAL_OK);
    assert_int_equal(room.report.size, least);
    assert_int_equal(room.report.attempt_count, 1);
    assert_int_equal(room.report.attempts[0].host[0], 0x5a);
    room.report.size = sizeof room;
    assert_int_equal(aval_activate(machine, NULL, &room.report), AVAL_OK);
    assert_int_equal(room.report.size, sizeof room.report);
    assert_string_equal(room.report.attempts[0].host, HOST);
    assert_int_equal(room.more[0], 0x5a);
    /* and says how many were asked where it failed before */
    room.report.size = sizeof room.report;
    assert_int_equal(aval_release(machine, "acme.example/other", &room.report), AVAL_NO_PRODUCT);
    assert_int_equal(room.report.attempt_count, 0);
}

static void a_status_is_filled_to_the_callers_size(void **state)
{
    static const size_t least = offsetof(struct aval_status, vendor);
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct {
        struct aval_status status;
        char more[8];
    } room;
    memset(&room, 0x5a, sizeof room);
    room.status.size = least - 1;
    assert_int_equal(aval_status(machine, NULL, &room.status), AVAL_USAGE);
    assert_int_equal(room.status.code, 0x5a5a5a5a);
    room.status.size = least;
    assert_int_equal(aval_status(machine, NULL, &room.status), AVAL_OK);
    assert_int_equal(room.status.size, least);
    assert_int_equal(room.status.code, AVAL_NO_LEASE);
    assert_int_equal(room.status.vendor[0], 0x5a);
    room.status.size = sizeof room;
    assert_int_equal(aval_status(machine, NULL, &room.status), AVAL_OK);
    assert_int_equal(room.status.size, sizeof room.status);
    assert_string_equal(room.status.vendor, "acme.example");
    assert_int_equal(room.more[0], 0x5a);
    room.status.code = 77;
    assert_int_equal(aval_status(machine, "acme.example/other", &room.status), AVAL_NO_PRODUCT);
    assert_int_equal(room.status.code, 77);
}

static void a_feature_is_looked_up_where_there_can_be_any(void **state)
{
    (void)state;
    struct aval_status status = {.size = sizeof status,
                                 .feature_count = 2,
                                 .features = {"4k", "export", "old"},
                                 .feature_values = {"8", "", "9"}};
    assert_string_equal(aval_feature(&status, "4k"), "8");
    assert_string_equal(aval_feature(&status, "export"), "");
    assert_null(aval_feature(&status, "old")); /* behind the last */
    assert_null(aval_feature(&status, "4"));
    assert_null(aval_feature(&status, NULL));
    assert_null(aval_feature(NULL, "4k"));
    status.size = offsetof(struct aval_status, why) - 1; /* as of a product that was made before they had values */
    assert_null(aval_feature(&status, "4k"));
}

static int count_to(void *context, const char *product)
{
    int *const counts = context; /* how many came, and at which to stop */
    assert_string_equal(product, PRODUCT);
    return ++counts[0] == counts[1] ? -1 : 0;
}

static void whoever_lists_products_may_stop(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    aval_machine *bare = world_open(world, "bare", "bare");
    int counts[2] = {0, 1};
    assert_int_equal(aval_products(machine, count_to, counts), AVAL_OK);
    assert_int_equal(counts[0], 1);
    assert_int_equal(aval_products(bare, count_to, counts), AVAL_OK);
    assert_int_equal(counts[0], 1);
}

/* Codes have the names, sentences and statuses of the table; what is no code those of an internal error. */
static void codes_speak_for_themselves(void **state)
{
    static const struct {
        int code;
        const char *name;
        int status;
    } rows[] = {
        {AVAL_OK, "ok", 0},  {AVAL_INTERNAL, "internal", 1}, {AVAL_NO_SEATS, "no-seats", 11}, {AVAL_USAGE, "usage", 2},
        {-1, "internal", 1}, {99999, "internal", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(aval_code_name(rows[i].code), rows[i].name);
        assert_int_equal(aval_code_exit_status(rows[i].code), rows[i].status);
        if (rows[i].code != AVAL_OK)
            assert_string_equal(aval_code_sentence(rows[i].code), error_by_name(rows[i].name)->sentence);
    }
    assert_string_equal(aval_code_sentence(AVAL_OK), "It worked.");
    for (int named = AVAL_UNLICENSED; named <= AVAL_NOTIFICATION; named++)
        assert_string_equal(aval_state_name((enum aval_state)named), machine_state_name((enum machine_state)named));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(options_are_read_to_the_size_that_they_say),
        TEST(options_of_a_later_version_are_read_as_far_as_they_are_known),
        TEST(a_context_without_a_transport_goes_to_nobody),
        TEST(without_options_everything_is_as_ever),
        TEST(users_have_two_folders),
        TEST(a_state_folder_has_a_name_that_a_path_can_have),
        TEST(a_path_that_would_be_too_long_is_told),
        TEST(hardware_is_taken_whole_or_not_at_all),
        TEST(an_identity_handed_in_stands_in_the_place_of_all_hardware),
        TEST(what_is_no_identity_opens_nothing),
        TEST(as_many_vendor_keys_are_pinned_as_there_may_be),
        TEST(hosts_are_sixteen_at_most_and_each_is_one),
        TEST(a_report_is_filled_to_the_callers_size),
        TEST(a_status_is_filled_to_the_callers_size),
        TEST(a_feature_is_looked_up_where_there_can_be_any),
        TEST(whoever_lists_products_may_stop),
        TEST(codes_speak_for_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
