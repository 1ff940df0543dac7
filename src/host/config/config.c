/*
 * Configuration of avald; see config.h.
 *
 * Always: OPTIONS (table.h) is the only place that knows which options there are. A configuration that was read is
 * whole and within its ranges; one with a fault changes nothing.
 */
#include "host/config.h"

#include "base/sentences.h"
#include "table.h"

#include <arpa/inet.h>
#include <ini.h>
#include <inttypes.h>
#include <string.h>

const struct config_option config_options[] = {
#define X(section, key, flag, value, kind, field, least, most, fallback, live, help) \
    {(section), (key), (flag), (value), (fallback), (live), (help)},
    DATA_OPTION(X) OPTIONS(X)
#undef X
        {NULL, NULL, NULL, NULL, NULL, false, NULL}};

/* What only this file needs of the same rows. */
static const struct rule {
    enum config_kind kind;
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

static RESULT set_path(const char *value, char *field, struct reason *reason)
{
    if (value[0] == 0 || strlen(value) >= PATH_SIZE)
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("a path has 1 to %d characters"), PATH_SIZE - 1);
    memcpy(field, value, strlen(value) + 1);
    return RESULT_OK;
}

static RESULT add_address(const char *value, struct config *config, struct reason *reason)
{
    uint8_t binary[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET6, value, binary) != 1 && inet_pton(AF_INET, value, binary) != 1)
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("\"%.64s\" is neither an IPv4 nor an IPv6 address"), value);
    if (config->address_count == LISTEN_ADDRESSES_MAX)
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("there are more than %d addresses"), LISTEN_ADDRESSES_MAX);
    return slice_copy_text(slice_of(value), config->addresses[config->address_count++], LISTEN_ADDRESS_SIZE);
}

static RESULT set_number(const struct rule *rule, const char *value, void *field, struct reason *reason)
{
    uint64_t number = 0;
    if (!is_ok(decimal_read(slice_of(value), rule->most, &number)) || number < rule->least)
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("\"%.64s\" is not a number from %" PRIu64 " to %" PRIu64),
                          value, rule->least, rule->most);
    if (rule->kind == KIND_PORT)
        *(uint16_t *)field = (uint16_t)number;
    else
        *(unsigned *)field = (unsigned)number;
    return RESULT_OK;
}

static RESULT set_duration(const struct rule *rule, const char *value, seconds *field, struct reason *reason)
{
    seconds duration = 0;
    if (!is_ok(duration_read_loose(slice_of(value), &duration)) || duration < (seconds)rule->least ||
        duration > (seconds)rule->most) {
        char least[DURATION_TEXT_SIZE];
        char most[DURATION_TEXT_SIZE];
        duration_write((seconds)rule->least, least);
        duration_write((seconds)rule->most, most);
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("\"%.64s\" is not a time from %s to %s, such as 10s or 2m"),
                          value, least, most);
    }
    *field = duration;
    return RESULT_OK;
}

static RESULT set_yes_no(const char *value, bool *field, struct reason *reason)
{
    const bool yes = strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "no") != 0)
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("\"%.64s\" is not yes or no"), value);
    *field = yes;
    return RESULT_OK;
}

RESULT config_set(struct config *config, const struct config_option *option, const char *value, struct reason *reason)
{
    const struct rule *rule = &rules[option - config_options];
    void *field = field_of(config, rule);
    switch (rule->kind) {
    case KIND_PATH:
        return set_path(value, field, reason);
    case KIND_ADDRESS:
        return add_address(value, config, reason);
    case KIND_NETWORKS:
        return networks_add(slice_of(value), &config->networks, reason);
    case KIND_PORT:
    case KIND_NUMBER:
        return set_number(rule, value, field, reason);
    case KIND_DURATION:
        return set_duration(rule, value, field, reason);
    case KIND_YES_NO:
        return set_yes_no(value, field, reason);
    case KIND_FORMAT:
        return log_format_read(value, field)
                   ? RESULT_OK
                   : reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("\"%.64s\" is not text or json"), value);
    case KIND_LEVEL:
        return log_level_read(value, field) ? RESULT_OK
                                            : reason_say(reason, FAIL(CONFIG_BAD_VALUE),
                                                         _("\"%.64s\" is not debug, info, warning or error"), value);
    }
    return FAIL(INTERNAL);
}

void config_defaults(struct config *ret_config)
{
    memset(ret_config, 0, sizeof *ret_config);
    for (const struct config_option *option = config_options; option->section != NULL; option++)
        if (*option->fallback != 0) /* a test holds each to its rule */
            result_ignore(config_set(ret_config, option, option->fallback, NULL));
}

/* Where the reading of a file stands. */
struct reading {
    struct slice rest;
    unsigned line;
    struct config config;
    unsigned said[OPTION_COUNT]; /* on which line; 0: not yet */
    struct result state;         /* the first failure, with its line */
    struct reason *reason;
};

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
        reading->state = reason_say(reading->reason, FAIL_AT(TEXT_TOO_LONG, reading->line),
                                    _("the line is longer than %d characters, or not text"), CONFIG_LINE_MAX);
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

static bool may_be_repeated(enum config_kind kind)
{
    return kind == KIND_ADDRESS || kind == KIND_NETWORKS;
}

/* Sets what a line says. */
static RESULT take_line(struct reading *reading, const char *section, const char *key, const char *value)
{
    struct reason *const reason = reading->reason;
    size_t option = 0;
    while (option < OPTION_COUNT &&
           (strcmp(section, config_options[option].section) != 0 || strcmp(key, config_options[option].key) != 0))
        option++;
    if (option == OPTION_COUNT)
        return reason_say(reason, FAIL(CONFIG_UNKNOWN_KEY), _("section [%.32s] has no key \"%.64s\""), section, key);
    if (reading->said[option] != 0 && !may_be_repeated(rules[option].kind))
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("%s was said on line %u already"), key,
                          reading->said[option]);
    /* A flag is read where it was typed, a file anywhere. */
    if (rules[option].kind == KIND_PATH && value[0] != '/')
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("%s: \"%.64s\" is not a full path, beginning with /"), key,
                          value);
    reading->said[option] = reading->line;
    const struct result state = config_set(&reading->config, &config_options[option], value, reason);
    return is_ok(state) ? RESULT_OK : reason_within(reason, state, "%.32s: ", key);
}

static int take_value(void *context, const char *section, const char *key, const char *value)
{
    struct reading *reading = context;
    if (is_ok(reading->state))
        reading->state = result_at(take_line(reading, section, key, value), reading->line);
    return is_ok(reading->state);
}

RESULT config_parse(struct slice text, struct config *config, struct reason *reason)
{
    struct reading reading = {.rest = text, .config = *config, .reason = reason};
    const int line = ini_parse_stream(next_line, &reading, take_value, &reading);
    /* The library reads on behind a line that it does not understand. */
    if (line > 0 && (is_ok(reading.state) || (unsigned)line < result_place(reading.state)))
        return reason_say(reason, FAIL_AT(CONFIG_SYNTAX, (unsigned)line),
                          _("the line is neither [section], key = value nor a comment"));
    ENSURE(line >= 0, NO_MEMORY);
    TRY(reading.state);
    *config = reading.config;
    return RESULT_OK;
}

RESULT config_read(const char *path, struct config *config, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(CONFIG_SIZE_MAX);
    TRY(file_read(path, &text, reason));
    return config_parse(buffer_slice(&text), config, reason);
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
    case KIND_NETWORKS:
        networks_write(field, out);
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
