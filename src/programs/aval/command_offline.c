/* aval request and accept: a lease by files. */
#include "base/sentences.h"
#include "command.h"
#include "proto/parcel.h"
#include "system/files.h"
#include "terminal/say.h"

#include <stdio.h>

enum { MODE_REQUEST = 0644 };

static int read_text(const struct arguments *arguments, const char *file, struct buffer *out)
{
    struct reason reason = {.text = ""};
    const struct result read = file_read(file, out, &reason);
    return is_ok(read) ? EXIT_FINE : say_file_failure(arguments, file, read, &reason);
}

/* ---- request ---- */

static int put_request(const struct arguments *arguments, const char *note)
{
    const char *const output = argument_value(arguments, "output", NULL);
    struct reason reason = {.text = ""};
    if (output == NULL && !wants_json(arguments)) {
        fputs(note, stdout);
        return EXIT_FINE;
    }
    if (output != NULL) {
        const struct result written = file_write(output, slice_of(note), MODE_REQUEST, &reason);
        if (!is_ok(written))
            return say_file_failure(arguments, output, written, &reason);
    }
    if (!wants_json(arguments)) {
        say_text(_("%s is for the operator of the host, who answers it with `avalctl answer` within 30 days; take the "
                   "answer with `aval accept`\n"),
                 output);
        return EXIT_FINE;
    }
    struct report out;
    report_begin(&out, true);
    report_text(&out, "request", NULL, note);
    const int status = report_answer(&out, PROGRAM, EXIT_FINE);
    report_free(&out);
    return status;
}

int run_request(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    CLEANUP_BUFFER struct buffer introduction = buffer_make(WRAPPED_MAX);
    const char *const file = argument_value(arguments, "license", NULL);
    char note[AVAL_REQUEST_SIZE];
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    if (file != NULL && (status = read_text(arguments, file, &introduction)) != EXIT_FINE)
        return status;
    const int code = aval_request_make(machine, product_of(arguments), file == NULL ? NULL : buffer_text(&introduction),
                                       introduction.size, note);
    return code == AVAL_OK ? put_request(arguments, note) : say_code(arguments, machine, code);
}

/* ---- answer ---- */

int run_accept(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    CLEANUP_BUFFER struct buffer text = buffer_make(WRAPPED_MAX);
    struct aval_report report = {.size = sizeof report};
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    status = read_text(arguments, arguments->values[0], &text);
    if (status != EXIT_FINE)
        return status;
    const int code = aval_answer_accept(machine, product_of(arguments), buffer_text(&text), text.size, &report);
    status = say_activation(arguments, machine, code, &report);
    if (code == AVAL_NUMBER_USED && !wants_json(arguments))
        say_hint(_("This request is answered no more: make another request with `aval request`."));
    return status;
}
