/*
 * Configuration of avald; see config.h.
 *
 * Always: OPTIONS is the only place that knows which options there are. A configuration that was read is whole and
 * within its ranges; one with a fault changes nothing.
 */
#include "host/config.h"

#include "base/sentences.h"

#include <arpa/inet.h>
#include <ini.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FAULT_REASON_SIZE = CONFIG_REASON_SIZE - 64 }; /* of a value; the name of its key or flag comes before it */

enum kind { KIND_PATH, KIND_PORT, KIND_ADDRESS, KIND_NUMBER, KIND_DURATION, KIND_YES_NO, KIND_FORMAT, KIND_LEVEL };

/* X(section, key, flag, value, kind, field, least, most, fallback, live, help) */
#define DATA_OPTION(X) \
    X("host", "data", "data", "FOLDER", PATH, data, 0, 0, "/var/lib/avald", false, N_("the data folder of this host"))
#define OPTIONS(X) \
    X("listen", "port", "port", "PORT", PORT, port, 0, 65535, "8216", false, \
      N_("port to listen on; 0: any free one, which is written to the file `port` of the data folder")) \
    X("listen", "address", "address", "ADDRESS", ADDRESS, addresses, 0, 0, "", false, \
      N_("IPv4 or IPv6 address to listen on, may be repeated; default: all of both")) \
    X("limits", "connections", "connections", "N", NUMBER, connections, 1, 1000000, "20000", false, \
      N_("connections open at one time")) \
    X("limits", "connections-per-address", "connections-per-address", "N", NUMBER, connections_per_address, 1, \
      1000000, "10000", false, N_("connections open at one time from one address")) \
    X("limits", "idle-timeout", "idle-timeout", "TIME", DURATION, idle_timeout, 1, HOUR, "10s", false, \
      N_("a connection on which nothing happens for that long is closed, such as 10s")) \
    X("limits", "request-timeout", "request-timeout", "TIME", DURATION, request_timeout, 1, HOUR, "15s", false, \
      N_("a request that is not complete after that long is cut off")) \
    X("limits", "queue", "queue", "N", NUMBER, queue, 1, 1000000, "20000", false, \
      N_("requests waiting for the next batch; more are answered host-busy")) \
    X("limits", "batch", "batch", "N", NUMBER, batch, 1, 8192, "1024", false, N_("requests in one transaction")) \
    X("ledger", "public", "ledger-public", "YES|NO", YES_NO, ledger_public, 0, 0, "no", false, \
      N_("yes: whoever can reach the port may read the ledgers too; no: only through the control socket")) \
    X("log", "format", "log-format", "FORMAT", FORMAT, log_format, 0, 0, "text", true, N_("text or json")) \
    X("log", "level", "log-level", "LEVEL", LEVEL, log_level, 0, 0, "info", true, \
      N_("least important events to log: debug, info, warning or error"))

const struct config_option config_options[] = {
#define X(section, key, flag, value, kind, field, least, most, fallback, live, help) \
    {(section), (key), (flag), (value), (fallback), (live), (help)},
    DATA_OPTION(X) OPTIONS(X)
#undef X
        {NULL, NULL, NULL, NULL, NULL, false, NULL}};

const struct option_info config_flags[] = {
#define X(section, key, flag, value, kind, field, least, most, fallback, live, help) \
    {(flag), 0, (value), (help), KIND_##kind == KIND_ADDRESS},
    OPTIONS(X)
#undef X
        {NULL, 0, NULL, NULL, false}};

/* What only this file needs of the same rows. */
static const struct rule {
    enum kind kind;
    size_t offset;
    uint64_t least;
    uint64_t most;
} rules[] = {
#define X(section, key, flag, value, kind, field, least, most, fallback, live, help) \
    {KIND_##kind, offsetof(struct config, field), (least), (most)},
    DATA_OPTION(X) OPTIONS(X)
#undef X
};
enum { OPTION_COUNT = sizeof rules / sizeof rules[0] };

static void *field_of(struct config *config, const struct rule *rule)
{
    return (char *)config + rule->offset;
}

static const void *field_in(const struct config *config, const struct rule *rule)
{
    return (const char *)config + rule->offset;
}

__attribute__((format(printf, 2, 3))) static struct result fault(char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, FAULT_REASON_SIZE, format, arguments);
    va_end(arguments);
    return FAIL(CONFIG_BAD_VALUE);
}

static RESULT set_path(const char *value, char *field, char *reason)
{
    if (value[0] == 0 || strlen(value) >= PATH_SIZE)
        return fault(reason, "a path has 1 to %d characters", PATH_SIZE - 1);
    memcpy(field, value, strlen(value) + 1);
    return RESULT_OK;
}

static RESULT add_address(const char *value, struct config *config, char *reason)
{
    uint8_t binary[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET6, value, binary) != 1 && inet_pton(AF_INET, value, binary) != 1)
        return fault(reason, "\"%.64s\" is neither an IPv4 nor an IPv6 address", value);
    if (config->address_count == LISTEN_ADDRESSES_MAX)
        return fault(reason, "there are more than %d addresses", LISTEN_ADDRESSES_MAX);
    return slice_copy_text(slice_of(value), config->addresses[config->address_count++], LISTEN_ADDRESS_SIZE);
}

static RESULT set_number(const struct rule *rule, const char *value, void *field, char *reason)
{
    uint64_t number = 0;
    if (!is_ok(decimal_read(slice_of(value), rule->most, &number)) || number < rule->least)
        return fault(reason, "\"%.64s\" is not a number from %" PRIu64 " to %" PRIu64, value, rule->least, rule->most);
    if (rule->kind == KIND_PORT)
        *(uint16_t *)field = (uint16_t)number;
    else
        *(unsigned *)field = (unsigned)number;
    return RESULT_OK;
}

static RESULT set_duration(const struct rule *rule, const char *value, seconds *field, char *reason)
{
    seconds duration = 0;
    if (!is_ok(duration_read_loose(slice_of(value), &duration)) || duration < (seconds)rule->least ||
        duration > (seconds)rule->most) {
        char least[DURATION_TEXT_SIZE];
        char most[DURATION_TEXT_SIZE];
        duration_write((seconds)rule->least, least);
        duration_write((seconds)rule->most, most);
        return fault(reason, "\"%.64s\" is not a time from %s to %s, such as 10s or 2m", value, least, most);
    }
    *field = duration;
    return RESULT_OK;
}

static RESULT set_yes_no(const char *value, bool *field, char *reason)
{
    const bool yes = strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "no") != 0)
        return fault(reason, "\"%.64s\" is not yes or no", value);
    *field = yes;
    return RESULT_OK;
}

static RESULT set(size_t option, const char *value, struct config *config, char *reason)
{
    const struct rule *rule = &rules[option];
    void *field = field_of(config, rule);
    switch (rule->kind) {
    case KIND_PATH:
        return set_path(value, field, reason);
    case KIND_ADDRESS:
        return add_address(value, config, reason);
    case KIND_PORT:
    case KIND_NUMBER:
        return set_number(rule, value, field, reason);
    case KIND_DURATION:
        return set_duration(rule, value, field, reason);
    case KIND_YES_NO:
        return set_yes_no(value, field, reason);
    case KIND_FORMAT:
        return log_format_read(value, field) ? RESULT_OK : fault(reason, "\"%.64s\" is not text or json", value);
    case KIND_LEVEL:
        return log_level_read(value, field) ? RESULT_OK
                                            : fault(reason, "\"%.64s\" is not debug, info, warning or error", value);
    }
    return FAIL(INTERNAL);
}

void config_defaults(struct config *ret_config)
{
    memset(ret_config, 0, sizeof *ret_config);
    char reason[FAULT_REASON_SIZE];
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (*config_options[i].fallback != 0)
            result_ignore(set(i, config_options[i].fallback, ret_config, reason)); /* a test holds each to its rule */
}

/* Where the reading of a file stands. */
struct reading {
    struct slice rest;
    unsigned line;
    struct config config;
    unsigned said[OPTION_COUNT]; /* on which line; 0: not yet */
    struct config_fault *fault;
    struct result state; /* the first failure */
};

static void stop_at(struct reading *reading, struct result why, unsigned line)
{
    if (!is_ok(reading->state))
        return;
    reading->state = result_at(why, line);
    reading->fault->line = line;
}

/* Gives inih the next line, as fgets would, but without its indentation: an indented line would count as a second value
 * of the key before it. */
static char *next_line(char *line, int room, void *context)
{
    struct reading *reading = context;
    if (reading->rest.size == 0 || !is_ok(reading->state) || room <= CONFIG_LINE_MAX)
        return NULL;
    reading->line++;
    const uint8_t *newline = memchr(reading->rest.data, '\n', reading->rest.size);
    const size_t size = newline == NULL ? reading->rest.size : (size_t)(newline - reading->rest.data) + 1;
    if (size > CONFIG_LINE_MAX || memchr(reading->rest.data, 0, size) != NULL) {
        result_ignore(
            fault(reading->fault->reason, "the line is longer than %d characters, or not text", CONFIG_LINE_MAX));
        stop_at(reading, FAIL(TEXT_TOO_LONG), reading->line);
        return NULL;
    }
    size_t indent = 0;
    while (indent < size && (reading->rest.data[indent] == ' ' || reading->rest.data[indent] == '\t'))
        indent++;
    memcpy(line, reading->rest.data + indent, size - indent);
    line[size - indent] = 0;
    reading->rest = slice_make(reading->rest.data + size, reading->rest.size - size);
    return line;
}

static int take_value(void *context, const char *section, const char *key, const char *value)
{
    struct reading *reading = context;
    char *reason = reading->fault->reason;
    if (!is_ok(reading->state))
        return 0;
    size_t option = 0;
    while (option < OPTION_COUNT &&
           (strcmp(section, config_options[option].section) != 0 || strcmp(key, config_options[option].key) != 0))
        option++;
    if (option == OPTION_COUNT) {
        result_ignore(fault(reason, "section [%.32s] has no key \"%.64s\"", section, key));
        stop_at(reading, FAIL(CONFIG_UNKNOWN_KEY), reading->line);
    } else if (reading->said[option] != 0 && rules[option].kind != KIND_ADDRESS) {
        stop_at(reading, fault(reason, "%s was said on line %u already", key, reading->said[option]), reading->line);
    } else if (rules[option].kind == KIND_PATH && value[0] != '/') {
        /* A flag is read where it was typed, a file anywhere. */
        stop_at(reading, fault(reason, "%s: \"%.64s\" is not a full path, beginning with /", key, value),
                reading->line);
    } else {
        reading->said[option] = reading->line;
        char why[FAULT_REASON_SIZE] = "";
        const struct result state = set(option, value, &reading->config, why);
        if (!is_ok(state)) {
            snprintf(reason, CONFIG_REASON_SIZE, "%.32s: %s", key, why);
            stop_at(reading, state, reading->line);
        }
    }
    return is_ok(reading->state);
}

RESULT config_parse(struct slice text, struct config *config, struct config_fault *ret_fault)
{
    *ret_fault = (struct config_fault){0};
    struct reading reading = {.rest = text, .config = *config, .fault = ret_fault};
    const int line = ini_parse_stream(next_line, &reading, take_value, &reading);
    if (line > 0 && (is_ok(reading.state) || (unsigned)line < ret_fault->line)) {
        reading.state = RESULT_OK; /* the library reads on behind a line that it does not understand */
        snprintf(ret_fault->reason, sizeof ret_fault->reason,
                 "the line is neither [section], key = value nor a comment");
        stop_at(&reading, FAIL(CONFIG_SYNTAX), (unsigned)line);
    }
    ENSURE(line >= 0, NO_MEMORY);
    TRY(reading.state);
    *config = reading.config;
    return RESULT_OK;
}

RESULT config_read(const char *path, struct config *config, struct config_fault *ret_fault)
{
    *ret_fault = (struct config_fault){0};
    CLEANUP_BUFFER struct buffer text = buffer_make(CONFIG_SIZE_MAX);
    const struct result state = file_read(path, &text, NULL);
    if (!is_ok(state)) {
        snprintf(ret_fault->reason, sizeof ret_fault->reason, "%s", file_last_message());
        return state;
    }
    return config_parse(buffer_slice(&text), config, ret_fault);
}

RESULT config_flags_apply(const struct arguments *arguments, struct config *config, struct config_fault *ret_fault)
{
    *ret_fault = (struct config_fault){0};
    struct config changed = *config;
    if (argument_given(arguments, "address"))
        changed.address_count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *flag = config_options[i].flag;
        const char *value = NULL;
        for (size_t n = 0; (value = argument_value_at(arguments, flag, n)) != NULL; n++) {
            char why[FAULT_REASON_SIZE] = "";
            const struct result state = set(i, value, &changed, why);
            if (is_ok(state))
                continue;
            snprintf(ret_fault->reason, sizeof ret_fault->reason, "--%.32s: %s", flag, why);
            return state;
        }
    }
    *config = changed;
    return RESULT_OK;
}

void config_value_write(const struct config *config, const struct config_option *option, struct buffer *out)
{
    const struct rule *rule = &rules[option - config_options];
    const void *field = field_in(config, rule);
    char duration[DURATION_TEXT_SIZE];
    switch (rule->kind) {
    case KIND_PATH:
        buffer_append_text(out, field);
        break;
    case KIND_ADDRESS:
        for (size_t i = 0; i < config->address_count; i++)
            buffer_printf(out, "%s%s", i == 0 ? "" : ", ", config->addresses[i]);
        break;
    case KIND_PORT:
        buffer_append_decimal(out, *(const uint16_t *)field);
        break;
    case KIND_NUMBER:
        buffer_append_decimal(out, *(const unsigned *)field);
        break;
    case KIND_DURATION:
        duration_write(*(const seconds *)field, duration);
        buffer_append_text(out, duration);
        break;
    case KIND_YES_NO:
        buffer_append_text(out, *(const bool *)field ? "yes" : "no");
        break;
    case KIND_FORMAT:
        buffer_append_text(out, log_format_name(*(const enum log_format *)field));
        break;
    case KIND_LEVEL:
        buffer_append_text(out, log_level_name(*(const enum log_level *)field));
        break;
    }
}
