/* What the commands of `aval` share; see command.h. */
#include "command.h"

#include "base/sentences.h"
#include "core/documents/mailed.h"
#include "system/files.h"
#include "terminal/say.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *product_of(const struct arguments *arguments)
{
    return argument_value(arguments, "product", NULL);
}

/* In milliseconds; false where the option is no duration, or one of no use. */
static bool read_timeout(const struct arguments *arguments, unsigned *ret_timeout_ms)
{
    const char *text = argument_value(arguments, "timeout", NULL);
    seconds timeout = 0;
    *ret_timeout_ms = 0;
    if (text == NULL)
        return true;
    if (!is_ok(duration_read_loose(slice_of(text), &timeout)) || timeout <= 0 || timeout > DAY)
        return false;
    *ret_timeout_ms = (unsigned)timeout * 1000u;
    return true;
}

enum { IDENTITY_FILE_MAX = 4096 };

/* The first line of that file; *ret_identity is borrowed from `line`, and NULL where the option is not given. */
static bool read_identity(const struct arguments *arguments, struct buffer *line, const char **ret_identity,
                          int *ret_status)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(IDENTITY_FILE_MAX);
    const char *file = argument_value(arguments, "identity", NULL);
    struct reason reason = {.text = ""};
    *ret_identity = NULL;
    if (file == NULL)
        return true;
    struct result read = file_read(file, &text, &reason);
    buffer_append(line, buffer_text(&text), strcspn(buffer_text(&text), "\n"));
    if (is_ok(read))
        read = buffer_status(line);
    if (!is_ok(read)) {
        const int code = (int)result_code(read);
        if (reason.text[0] != 0) /* it names the file */
            *ret_status = say_problem(arguments, reason.text, code);
        else
            *ret_status = say_file(arguments, file, _(aval_code_sentence(code)), code);
        return false;
    }
    *ret_identity = buffer_text(line);
    return true;
}

bool machine_open(const struct arguments *arguments, aval_machine **ret_machine, int *ret_status)
{
    struct aval_options options = {.size = sizeof options};
    char message[AVAL_MESSAGE_SIZE];
    CLEANUP_BUFFER struct buffer identity = buffer_make(IDENTITY_FILE_MAX);
    options.state_folder = argument_value(arguments, "state", NULL);
    if (options.state_folder != NULL && strncmp(options.state_folder, "memory:", strlen("memory:")) == 0) {
        *ret_status =
            say_problem(arguments,
                        _("memory: is the state of one process, for a product that stays (aval_options.state_folder); "
                          "this command would forget it at its end."),
                        AVAL_USAGE);
        return false;
    }
    if (!read_timeout(arguments, &options.timeout_ms)) {
        *ret_status = say_problem(arguments, _("--timeout takes a time such as 5s or 1m, up to 24h."), AVAL_USAGE);
        return false;
    }
    if (!read_identity(arguments, &identity, &options.identity, ret_status))
        return false;
    const int code = aval_open(&options, ret_machine);
    if (code == AVAL_OK)
        return true;
    const char *folder = options.state_folder != NULL ? options.state_folder : _("the state folder");
    if (code == AVAL_FILE_READ || code == AVAL_IDENTITY_FORM) /* it says which */
        snprintf(message, sizeof message, "%s", aval_last_message(NULL));
    else
        snprintf(message, sizeof message, "%.300s: %s", folder, _(aval_code_sentence(code)));
    *ret_status = say_problem(arguments, message, code);
    return false;
}

void machine_cleanup(aval_machine **machine)
{
    aval_close(*machine);
}

int say_code(const struct arguments *arguments, const aval_machine *machine, int code)
{
    return say_problem(arguments, aval_last_message(machine), code);
}

int say_file(const struct arguments *arguments, const char *file, const char *why, int code)
{
    char message[AVAL_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%.200s: %.300s", file, why);
    return say_problem(arguments, message, code);
}

int say_file_failure(const struct arguments *arguments, const char *file, struct result why,
                     const struct reason *reason)
{
    const int code = (int)result_code(why);
    return say_file(arguments, file, reason->text[0] != 0 ? reason->text : _(aval_code_sentence(code)), code);
}

int say_refused(const struct arguments *arguments, const char *file, struct slice text, const char *why, int code)
{
    struct reason cause = {.text = ""};
    char message[AVAL_MESSAGE_SIZE];
    result_ignore(mailed_explain(text, FAIL_CODE(code), &cause));
    snprintf(message, sizeof message, "%.300s%s%s", why, cause.text[0] != 0 ? ": " : "", cause.text);
    return say_file(arguments, file, message, code);
}

bool document_read(const struct arguments *arguments, const char *file, struct buffer *text, struct buffer *document,
                   int *ret_status)
{
    struct reason reason = {.text = ""};
    bool mended = false;
    struct result read = file_read(file, text, &reason);
    if (is_ok(read))
        read = mailed_mend(buffer_slice(text), document, &mended);
    if (!is_ok(read)) {
        result_ignore(mailed_explain(buffer_slice(text), read, &reason));
        *ret_status = say_file_failure(arguments, file, read, &reason);
        return false;
    }
    if (mended)
        say_mended(file);
    return true;
}

int say_done(const struct arguments *arguments, const char *words)
{
    if (!wants_json(arguments)) {
        say_hint("%s", words);
        return EXIT_FINE;
    }
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "code", NULL, "ok");
    return report_answer(&report, PROGRAM, EXIT_FINE);
}

int say_how_it_ended(const struct arguments *arguments, const aval_machine *machine, int code, const char *words)
{
    return code == AVAL_OK ? say_done(arguments, words) : say_code(arguments, machine, code);
}

void report_text_or_nothing(struct report *report, const char *key, const char *text)
{
    if (text[0] != 0)
        report_text(report, key, NULL, text);
    else
        report_nothing(report, key);
}

void report_time_or_nothing(struct report *report, const char *key, int64_t time)
{
    if (time > 0 && time <= TIME_MAX)
        report_time(report, key, NULL, time);
    else
        report_nothing(report, key);
}
