/* Asking the host, and small things that all commands need; see avalctl.h. */
#include "avalctl.h"

#include "base/sentences.h"
#include "control/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_DATA "/var/lib/avald"

enum { LIMIT_MAX = 1000000 };

void print_json(const struct buffer *answer)
{
    fwrite(answer->data, 1, answer->size, stdout);
}

const char *folder_of(const struct arguments *arguments)
{
    return argument_value(arguments, "data", DEFAULT_DATA);
}

static int outcome(const struct arguments *arguments, const char *what, struct result state,
                   const struct reason *reason)
{
    if (is_ok(state))
        return EXIT_FINE;
    const bool of_the_folder = result_code(state) == ERR_CONTROL_ABSENT || result_code(state) == ERR_CONTROL_REFUSED;
    const int status = say_failure(AVALCTL, of_the_folder ? folder_of(arguments) : what, state, reason->text);
    say_answer(*reason->text != 0 ? reason->text : error_info(result_code(state))->sentence);
    return status;
}

int ask_host(const struct arguments *arguments, const char *what, const char *method, const char *path,
             struct slice body, struct buffer *answer)
{
    struct reason reason = {.text = ""};
    return outcome(arguments, what, control_ask(folder_of(arguments), method, path, body, answer, &reason), &reason);
}

int ask_stream(const struct arguments *arguments, const char *what, const char *path,
               RESULT (*take)(void *context, struct slice piece, struct reason *reason), void *context)
{
    struct reason reason = {.text = ""};
    return outcome(arguments, what, control_stream(folder_of(arguments), path, take, context, &reason), &reason);
}

int answer_unreadable(struct result why)
{
    const int status = say_failure(AVALCTL, NULL, why, _("avalctl and avald may be of different versions"));
    say_answer(error_info(result_code(why))->sentence);
    return status;
}

void query_escape(struct buffer *query, const char *value)
{
    for (; *value != 0; value++) {
        if (ascii_is_alphanumeric(*value) || strchr("-._~", *value) != NULL)
            buffer_append_byte(query, (uint8_t)*value);
        else
            buffer_printf(query, "%%%02X", (unsigned)(unsigned char)*value);
    }
}

void query_add(struct buffer *query, const char *name, const char *value)
{
    buffer_append_byte(query, strchr(buffer_text(query), '?') == NULL ? '?' : '&');
    buffer_append_text(query, name);
    buffer_append_byte(query, '=');
    query_escape(query, value);
}

int ask_query(const struct arguments *arguments, const char *what, struct buffer *query, struct buffer *answer)
{
    if (!is_ok(buffer_status(query)))
        return say_usage(AVALCTL, _("the arguments are too long"));
    return ask_host(arguments, what, "GET", buffer_text(query), slice_make(NULL, 0), answer);
}

int read_limit(const struct arguments *arguments, size_t usual, size_t *ret_limit)
{
    uint64_t limit = usual;
    const char *text = argument_value(arguments, "limit", NULL);
    if (text != NULL && (!is_ok(decimal_read(slice_of(text), LIMIT_MAX, &limit)) || limit == 0))
        return say_usage(AVALCTL, _("--limit takes a number from 1 to %d, not '%s'"), LIMIT_MAX, text);
    *ret_limit = (size_t)limit;
    return EXIT_FINE;
}

struct time_text time_or_dash(seconds time)
{
    struct time_text text = {"-"};
    if (time > 0 && time <= TIME_MAX)
        time_write(time, text.text);
    return text;
}
