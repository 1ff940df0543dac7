/* The configuration of avald: what is read, and what is refused with the line at which it stands. */
#include "host/config_flags.h"
#include "host_fixture.h"
#include "terminal/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static RESULT parse(const char *text, struct config *config, struct reason *reason)
{
    config_defaults(config);
    return config_parse(slice_of(text), config, reason);
}

static void every_default_is_what_the_table_says(void **state)
{
    (void)state;
    struct config config;
    config_defaults(&config);
    size_t count = 0;
    for (const struct config_option *option = config_options; option->section != NULL; option++, count++) {
        CLEANUP_BUFFER struct buffer value = buffer_make(PATH_SIZE);
        config_value_write(&config, option, &value);
        assert_string_equal(buffer_text(&value), option->fallback);
    }
    assert_int_equal(count, 19);
    assert_int_equal(config.port, 8216);
    assert_int_equal(config.idle_timeout, 10);
    assert_int_equal(config.log_level, LOG_INFO);
    assert_int_equal(config.networks.count, 0);
    assert_int_equal(config.new_at_once, 10000);
    assert_int_equal(config.new_per_hour, 1000);
    assert_int_equal(config.new_at_once_total, 100000);
    assert_int_equal(config.new_per_hour_total, 10000);
}

static void a_file_sets_every_option(void **state)
{
    (void)state;
    struct config config;
    struct reason reason = {.text = ""};
    assert_ok(parse("# a comment\n; another\n\n"
                    "[host]\ndata = /srv/aval host\n"
                    "[listen]\nport = 0\naddress = ::1\naddress = 192.0.2.1\n"
                    "[limits]\nconnections = 100\nconnections-per-address=7\n  idle-timeout = 1m\n"
                    "request-timeout = 90s ; one and a half minutes\nqueue = 1\nbatch = 8192\n"
                    "[ledger]\npublic = yes\n"
                    "[machines]\nabout = yes\nnetworks = 10.0.0.0/8, ::1\nnetworks = 192.0.2.7\nnew-at-once = 1\n"
                    "new-per-hour = 2\nnew-at-once-total = 3\nnew-per-hour-total = 1000000000\n"
                    "[log]\r\nformat = json\r\nlevel = debug",
                    &config, &reason));
    assert_string_equal(config.data, "/srv/aval host");
    assert_int_equal(config.port, 0);
    assert_int_equal(config.address_count, 2);
    assert_string_equal(config.addresses[0], "::1");
    assert_string_equal(config.addresses[1], "192.0.2.1");
    assert_int_equal(config.connections, 100);
    assert_int_equal(config.connections_per_address, 7);
    assert_int_equal(config.idle_timeout, 60);
    assert_int_equal(config.request_timeout, 90);
    assert_int_equal(config.queue, 1);
    assert_int_equal(config.batch, 8192);
    assert_true(config.ledger_public);
    assert_true(config.machines_about);
    assert_int_equal(config.networks.count, 3);
    assert_int_equal(config.networks.list[2].bits, 128);
    assert_int_equal(config.new_at_once, 1);
    assert_int_equal(config.new_per_hour, 2);
    assert_int_equal(config.new_at_once_total, 3);
    assert_int_equal(config.new_per_hour_total, 1000000000);
    assert_int_equal(config.log_format, LOG_FORMAT_JSON);
    assert_int_equal(config.log_level, LOG_DEBUG);
}

static void what_was_written_reads_back_as_the_same(void **state)
{
    (void)state;
    struct config config;
    struct config again;
    struct reason reason = {.text = ""};
    assert_ok(parse("[host]\ndata=/d\n[listen]\nport=1\n[limits]\nidle-timeout=119s\n"
                    "[machines]\nnetworks = 10.0.0.0/8\nnetworks = 2001:db8::/32\n[log]\nlevel=error\n",
                    &config, &reason));
    CLEANUP_BUFFER struct buffer text = buffer_make(CONFIG_SIZE_MAX);
    for (const struct config_option *option = config_options; option->section != NULL; option++) {
        if (strcmp(option->key, "address") == 0)
            continue;
        buffer_printf(&text, "[%s]\n%s = ", option->section, option->key);
        config_value_write(&config, option, &text);
        buffer_append_byte(&text, '\n');
    }
    assert_ok(parse(buffer_text(&text), &again, &reason));
    assert_memory_equal(&config, &again, sizeof config);
}

static const struct refused {
    const char *text;
    enum error_code code;
    unsigned line;
    const char *reason; /* part of it */
} refused[] = {
    {"[listen]\nport = 8216\n\n# fine so far\nprot = 1\n", ERR_CONFIG_UNKNOWN_KEY, 5, "prot"},
    {"port = 8216\n", ERR_CONFIG_UNKNOWN_KEY, 1, "port"},
    {"[lisen]\nport = 8216\n", ERR_CONFIG_UNKNOWN_KEY, 2, "lisen"},
    {"[log]\nport = 8216\n", ERR_CONFIG_UNKNOWN_KEY, 2, "[log]"},
    {"[listen\nport = 8216\n", ERR_CONFIG_SYNTAX, 1, "neither"},
    {"[listen]\nport\n", ERR_CONFIG_SYNTAX, 2, "neither"},
    {"[listen]\n\nwhat is this\n", ERR_CONFIG_SYNTAX, 3, "neither"},
    {"[listen]\nport = 65536\n", ERR_CONFIG_BAD_VALUE, 2, "65535"},
    {"[listen]\nport = -1\n", ERR_CONFIG_BAD_VALUE, 2, "-1"},
    {"[listen]\nport = 0x10\n", ERR_CONFIG_BAD_VALUE, 2, "0x10"},
    {"[listen]\nport =\n", ERR_CONFIG_BAD_VALUE, 2, "port"},
    {"[listen]\nport = 1\nport = 2\n", ERR_CONFIG_BAD_VALUE, 3, "line 2"},
    {"[listen]\nport = 1\n  2\n", ERR_CONFIG_SYNTAX, 3, "neither"},
    {"[listen]\naddress = localhost\n", ERR_CONFIG_BAD_VALUE, 2, "localhost"},
    {"[listen]\naddress = 192.0.2.256\n", ERR_CONFIG_BAD_VALUE, 2, "192.0.2.256"},
    {"[host]\ndata = relative\n", ERR_CONFIG_BAD_VALUE, 2, "full path"},
    {"[host]\ndata =\n", ERR_CONFIG_BAD_VALUE, 2, "full path"},
    {"[limits]\nconnections = 0\n", ERR_CONFIG_BAD_VALUE, 2, "from 1 to"},
    {"[limits]\nbatch = 8193\n", ERR_CONFIG_BAD_VALUE, 2, "8192"},
    {"[limits]\nidle-timeout = 10\n", ERR_CONFIG_BAD_VALUE, 2, "such as"},
    {"[limits]\nidle-timeout = 0s\n", ERR_CONFIG_BAD_VALUE, 2, "from 1s to 1h"},
    {"[limits]\nrequest-timeout = 61m\n", ERR_CONFIG_BAD_VALUE, 2, "61m"},
    {"[machines]\nnetworks = 10.0.0.0/8\nnetworks = 10.0.0.1/8\n", ERR_CONFIG_BAD_VALUE, 3, "that is 10.0.0.0/8"},
    {"[machines]\nnetworks =\n", ERR_CONFIG_BAD_VALUE, 2, "no network is named"},
    {"[machines]\nnew-at-once = 0\n", ERR_CONFIG_BAD_VALUE, 2, "from 1 to 1000000000"},
    {"[machines]\nnew-per-hour-total = 1000000001\n", ERR_CONFIG_BAD_VALUE, 2, "from 1 to 1000000000"},
    {"[ledger]\npublic = true\n", ERR_CONFIG_BAD_VALUE, 2, "not yes or no"},
    {"[log]\nlevel = loud\n", ERR_CONFIG_BAD_VALUE, 2, "loud"},
    {"[log]\nformat = xml\n", ERR_CONFIG_BAD_VALUE, 2, "xml"},
    /* The first of several faults. */
    {"[log]\nlevel = loud\n[listen]\nport = x\n", ERR_CONFIG_BAD_VALUE, 2, "loud"},
    {"[listen]\nport = x\n[log\n", ERR_CONFIG_BAD_VALUE, 2, "port"},
    {"[log\n[listen]\nport = x\n", ERR_CONFIG_SYNTAX, 1, "neither"},
};

static void a_fault_is_named_with_its_line_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct refused *row = &refused[i];
        struct config before;
        struct config config;
        struct reason reason = {.text = ""};
        config_defaults(&before);
        config = before;
        const struct result result = config_parse(slice_of(row->text), &config, &reason);
        if (result_code(result) != row->code || result_place(result) != row->line ||
            strstr(reason.text, row->reason) == NULL)
            print_error("row %zu: %s: line %u: %s\n", i, error_info(result_code(result))->name, result_place(result),
                        reason.text);
        assert_int_equal(result_code(result), row->code);
        assert_int_equal(result_place(result), row->line);
        assert_non_null(strstr(reason.text, row->reason));
        assert_memory_equal(&config, &before, sizeof config);
    }
}

static void a_line_that_is_too_long_or_holds_a_zero_is_refused(void **state)
{
    (void)state;
    char text[512] = "[log]\nlevel = ";
    memset(text + strlen(text), 'x', 300);
    struct config config;
    struct reason reason = {.text = ""};
    assert_int_equal(parse(text, &config, &reason).bits, FAIL_AT(TEXT_TOO_LONG, 2).bits);
    config_defaults(&config);
    assert_int_equal(config_parse(slice_make("[log]\nlevel\0= info\n", 19), &config, &reason).bits,
                     FAIL_AT(TEXT_TOO_LONG, 2).bits);
}

static void more_addresses_than_the_limit_are_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(4096);
    buffer_append_text(&text, "[listen]\n");
    for (unsigned i = 0; i <= LISTEN_ADDRESSES_MAX; i++)
        buffer_printf(&text, "address = 192.0.2.%u\n", i);
    struct config config;
    struct reason reason = {.text = ""};
    assert_int_equal(parse(buffer_text(&text), &config, &reason).bits,
                     FAIL_AT(CONFIG_BAD_VALUE, LISTEN_ADDRESSES_MAX + 2).bits);
}

/* What the flags of a command line did. */
struct seen_options {
    struct config config;
    struct reason reason;
    struct result state;
};

static int see(const struct arguments *arguments, void *context)
{
    struct seen_options *seen = context;
    struct reason reason = {.text = ""};
    assert_ok(parse("[listen]\nport = 1\naddress = ::1\n[log]\nlevel = error\n", &seen->config, &reason));
    seen->state = config_flags_apply(arguments, &seen->config, &seen->reason);
    return EXIT_FINE;
}

static struct seen_options run_flags(int count, char **words)
{
    static const struct option_info common[] = {{"data", 'd', "FOLDER", "", false}, {NULL, 0, NULL, NULL, false}};
    const struct command_info commands[] = {{"serve", "", "", config_flags, NULL, 0, 0, see},
                                            {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL}};
    const struct program_info program = {"avald", "", common, commands, NULL};
    struct seen_options seen = {.state = FAIL(INTERNAL)};
    assert_int_equal(program_main(&program, count, words, &seen), EXIT_FINE);
    return seen;
}

static void a_flag_overrides_the_file(void **state)
{
    (void)state;
    char *words[] = {(char[]){"avald"},          (char[]){"serve"}, (char[]){"--port=2"}, (char[]){"--address"},
                     (char[]){"192.0.2.1"},      (char[]){"-d"},    (char[]){"here"},     (char[]){"--log-format=json"},
                     (char[]){"--idle-timeout"}, (char[]){"2m"}};
    const struct seen_options seen = run_flags(10, words);
    assert_ok(seen.state);
    assert_int_equal(seen.config.port, 2);
    assert_int_equal(seen.config.address_count, 1);
    assert_string_equal(seen.config.addresses[0], "192.0.2.1");
    assert_string_equal(seen.config.data, "here");
    assert_int_equal(seen.config.log_format, LOG_FORMAT_JSON);
    assert_int_equal(seen.config.log_level, LOG_ERROR);
    assert_int_equal(seen.config.idle_timeout, 120);
}

static void a_wrong_flag_is_named(void **state)
{
    (void)state;
    char *words[] = {(char[]){"avald"}, (char[]){"serve"}, (char[]){"--queue"}, (char[]){"0"}};
    const struct seen_options seen = run_flags(4, words);
    assert_int_equal(result_code(seen.state), ERR_CONFIG_BAD_VALUE);
    assert_non_null(strstr(seen.reason.text, "--queue"));
    assert_int_equal(seen.config.queue, 20000);
}

static void a_file_that_is_absent_or_too_large_is_refused(void **state)
{
    (void)state;
    struct config config;
    struct reason reason = {.text = ""};
    config_defaults(&config);
    assert_fails(config_read("/nonexistent/avald.conf", &config, &reason), FILE_READ);
    assert_non_null(strstr(reason.text, "/nonexistent/avald.conf"));
    assert_fails(config_read("/dev/zero", &config, &reason), FILE_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_what_the_table_says),
        cmocka_unit_test(a_file_sets_every_option),
        cmocka_unit_test(what_was_written_reads_back_as_the_same),
        cmocka_unit_test(a_fault_is_named_with_its_line_and_changes_nothing),
        cmocka_unit_test(a_line_that_is_too_long_or_holds_a_zero_is_refused),
        cmocka_unit_test(more_addresses_than_the_limit_are_refused),
        cmocka_unit_test(a_flag_overrides_the_file),
        cmocka_unit_test(a_wrong_flag_is_named),
        cmocka_unit_test(a_file_that_is_absent_or_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
