/* What libaval asks of the operating system: its environment, the folder that follows from it, and the spelling of
 * addresses. */
#include "hosts/address.h"
#include "machine/environment.h"
#include "machine/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOME_USER = 65534 };

struct expected {
    const char *state_home;
    const char *home;
    const char *own;
    const char *system;
};

static void set(const char *name, const char *value)
{
    assert_int_equal(value == NULL ? unsetenv(name) : setenv(name, value, 1), 0);
}

static bool holds(const struct expected *row)
{
    char own[PATH_SIZE] = "as before";
    char system[PATH_SIZE] = "as before";
    set("XDG_STATE_HOME", row->state_home);
    set("HOME", row->home);
    return is_ok(state_default_folders(own, system)) && strcmp(own, row->own) == 0 &&
           strcmp(system, row->system) == 0 && state_folder_mode() == (geteuid() == 0 ? 0755 : 0700);
}

/* In a process of its own that has that user. */
static bool holds_for(uid_t user, const struct expected *row)
{
    int ended = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit((geteuid() == user || seteuid(user) == 0) && holds(row) ? 0 : 1);
    assert_int_equal(waitpid(child, &ended, 0), child);
    return WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}

#define SYSTEM "/var/lib/aval"

static void users_have_the_state_folder_that_their_environment_says_beside_the_systems(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"/state", "/users/ada", "/state/aval", SYSTEM},
        {NULL, "/users/ada", "/users/ada/.local/state/aval", SYSTEM},
        {"", "/users/ada", "/users/ada/.local/state/aval", SYSTEM},
        {"relative", "/users/ada", "/users/ada/.local/state/aval", SYSTEM},
        {NULL, "relative", SYSTEM, ""},
        {NULL, "", SYSTEM, ""},
        {NULL, NULL, SYSTEM, ""},
    };
    const uid_t user = geteuid() != 0 ? geteuid() : SOME_USER;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!holds_for(user, &rows[i]))
            fail_msg("row %zu", i);
}

static void root_has_the_state_folder_of_the_system(void **state)
{
    (void)state;
    static const struct expected row = {"/state", "/users/root", SYSTEM, ""};
    if (geteuid() != 0)
        skip();
    assert_true(holds_for(0, &row));
}

static void a_variable_is_what_it_was_set_to_or_nothing(void **state)
{
    (void)state;
    set("AVAL_HOST", "kms.uni.example");
    assert_string_equal(environment_value("AVAL_HOST"), "kms.uni.example");
    set("AVAL_HOST", "");
    assert_string_equal(environment_value("AVAL_HOST"), "");
    set("AVAL_HOST", NULL);
    assert_null(environment_value("AVAL_HOST"));
}

static void an_address_has_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        const char *address; /* NULL: refused */
    } rows[] = {
        {"kms", "kms:8216"},
        {"KMS.Uni.Example:1", "kms.uni.example:1"},
        {"a_b-c.d", "a_b-c.d:8216"},
        {"192.0.2.1:65535", "192.0.2.1:65535"},
        {"[::1]", "[::1]:8216"},
        {"[2001:DB8:0:0:0:0:0:7]:8300", "[2001:db8::7]:8300"},
        {"[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]:8216"},
        {"[0000:0000:0000:0000:0000:ffff:255.255.255.255]", "[::ffff:255.255.255.255]:8216"},
        {"", NULL},
        {"-a", NULL},
        {"a b", NULL},
        {"a:", NULL},
        {"a:0", NULL},
        {"a:65536", NULL},
        {"a:1:2", NULL},
        {"[::1", NULL},
        {"[::1]8216", NULL},
        {"[]", NULL},
        {"[::g]", NULL},
        {"[1::2::3]", NULL},
        {"[0000:0000:0000:0000:0000:ffff:255.255.255.255 ]", NULL},
        {"::1", "[::1]:8216"},
        {"2001:DB8::7", "[2001:db8::7]:8216"},
        {"::1:8216", NULL},
        {"::1:8217", "[::0.1.130.23]:8216"},
        {"[FE80::1%eth0]", "[fe80::1%eth0]:8216"},
        {"fe80::1%Eth0.7", "[fe80::1%Eth0.7]:8216"},
        {"[fe80::1%25eth0]:1", "[fe80::1%eth0]:1"},
        {"[febf::1%a23456789012345]", "[febf::1%a23456789012345]:8216"},
        {"[fe80::1%a234567890123456]", NULL},
        {"[fe80::1%]", NULL},
        {"[fe80::1%a b]", NULL},
        {"[fec0::1%eth0]", NULL},
        {"[2001:db8::7%eth0]", NULL},
        {"kms.example.", "kms.example:8216"},
        {"KMS.Example.:1", "kms.example:1"},
        {"kms.example..", NULL},
        {".", NULL},
        {"http://kms.example", "kms.example:8216"},
        {"HTTP://KMS.Example./", "kms.example:8216"},
        {"http://192.0.2.1:80/", "192.0.2.1:80"},
        {"https://KMS.Example", "https://kms.example:443"},
        {"https://kms.example:8443/", "https://kms.example:8443"},
        {"https://[::1]", "https://[::1]:443"},
        {"https://::1", "https://[::1]:443"},
        {"https://", NULL},
        {"https:///", NULL},
        {"https://kms//", NULL},
        {"https://kms/v1", NULL},
        {"kms/", NULL},
        {"ftp://kms", NULL},
        {"https://ada@kms", NULL},
        {"https://https://kms", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char address[ADDRESS_SIZE] = "";
        const struct result outcome = host_address_read(slice_of(rows[i].typed), address, NULL);
        assert_int_equal(result_code(outcome), rows[i].address != NULL ? OK : ERR_DOCUMENT_VALUE);
        assert_string_equal(address, rows[i].address != NULL ? rows[i].address : "");
    }
}

/* 253 bytes, as a name of the DNS. */
static void what_is_no_address_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        const char *why;
    } rows[] = {
        {"", "the name of the host is missing"},
        {"https://", "the name of the host is missing"},
        {"a b", "names are made of letters"},
        {"kms:", "a port from 1 to 65535"},
        {"kms:0", "a port from 1 to 65535"},
        {"[::1]8216", "a port from 1 to 65535"},
        {"2001:db8::7:8216", "needs brackets"},
        {"[::1", "the bracket behind the address is missing"},
        {"1::2::3", "no IPv6 address"},
        {"[fe80::1%]", "the name of an interface, of 1 to 15"},
        {"[fe80::1%a/b]", "no page of it"},
        {"[fe80::1%a b]", "the name of an interface, of letters"},
        {"[2001:db8::7%eth0]", "only addresses of fe80::/10"},
        {"https://kms.example/v1/activate", "no page of it"},
        {"ada@kms.example", "without the name of a user"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char address[ADDRESS_SIZE] = "";
        struct reason reason = {.text = ""};
        assert_int_equal(result_code(host_address_read(slice_of(rows[i].typed), address, &reason)), ERR_DOCUMENT_VALUE);
        if (strstr(reason.text, rows[i].why) == NULL)
            fail_msg("%s: %s", rows[i].typed, reason.text);
    }
}

static void an_address_comes_apart_into_what_it_is_made_of(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        struct host_parts parts;
    } rows[] = {
        {"kms.example:8216", {.name = "kms.example", .port = "8216"}},
        {"https://kms.example:443", {.https = true, .name = "kms.example", .port = "443"}},
        {"[::1]:1", {.literal = true, .name = "::1", .port = "1"}},
        {"https://[fe80::1%eth0]:65535", {.https = true, .literal = true, .name = "fe80::1%eth0", .port = "65535"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct host_parts parts;
        host_address_parts(rows[i].address, &parts);
        assert_int_equal(parts.https, rows[i].parts.https);
        assert_int_equal(parts.literal, rows[i].parts.literal);
        assert_string_equal(parts.name, rows[i].parts.name);
        assert_string_equal(parts.port, rows[i].parts.port);
    }
}

static void a_name_has_a_limit(void **state)
{
    (void)state;
    char name[255];
    char address[ADDRESS_SIZE];
    char expected[ADDRESS_SIZE];
    memset(name, 'n', sizeof name);
    assert_true(is_ok(host_address_read(slice_make(name, 253), address, NULL)));
    snprintf(expected, sizeof expected, "%.253s:8216", name);
    assert_string_equal(address, expected);
    assert_int_equal(result_code(host_address_read(slice_make(name, 254), address, NULL)), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(host_address_read((struct slice){NULL, 0}, address, NULL)), ERR_DOCUMENT_VALUE);
    assert_string_equal(address, expected);
}

/* What a list held before is not in it any more. */
static void a_host_is_added_once_and_behind_the_others(void **state)
{
    (void)state;
    struct host_list list = {.count = 0, .addresses = {"kms:8216", "kms:8216"}};
    assert_true(is_ok(host_list_add(&list, slice_of("kms"), NULL)));
    assert_int_equal(list.count, 1);
    assert_true(is_ok(host_list_add(&list, slice_of("KMS:8216"), NULL)));
    assert_int_equal(list.count, 1);
    assert_true(is_ok(host_list_add(&list, slice_of("kms:1"), NULL)));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.addresses[0], "kms:8216");
    assert_string_equal(list.addresses[1], "kms:1");
    assert_int_equal(result_code(host_list_add(&list, slice_of("-"), NULL)), ERR_DOCUMENT_VALUE);
    assert_int_equal(list.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_have_the_state_folder_that_their_environment_says_beside_the_systems),
        cmocka_unit_test(root_has_the_state_folder_of_the_system),
        cmocka_unit_test(a_variable_is_what_it_was_set_to_or_nothing),
        cmocka_unit_test(an_address_has_one_spelling),
        cmocka_unit_test(what_is_no_address_says_why),
        cmocka_unit_test(an_address_comes_apart_into_what_it_is_made_of),
        cmocka_unit_test(a_name_has_a_limit),
        cmocka_unit_test(a_host_is_added_once_and_behind_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
