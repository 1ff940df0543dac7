/* aval request and accept: a lease by files. */
#include "base/sentences.h"
#include "command.h"
#include "kit/kit.h"
#include "proto/parcel.h"
#include "system/files.h"
#include "terminal/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* A kit's introduction for the product that is meant, in the place of the kit. */
static int take_from_kit(const struct arguments *arguments, const char *file, struct buffer *introduction)
{
    const char *const product = product_of(arguments);
    CLEANUP_KIT struct kit *kit = NULL;
    struct kit_view *const view = malloc(sizeof *view);
    struct result read = view != NULL ? kit_read(buffer_slice(introduction), &kit) : FAIL(NO_MEMORY);
    CLEANUP_BUFFER struct buffer found = buffer_make(WRAPPED_MAX);
    for (size_t i = 0; is_ok(read) && i < kit->product_count && found.size == 0; i++) {
        read = kit_look(&kit->products[i], view);
        if (is_ok(read) && kit->products[i].has_introduction && (product == NULL || strcmp(product, view->name) == 0))
            wrap(WRAPPED_INTRODUCTION, kit->products[i].introduction, &found);
    }
    free(view);
    if (is_ok(read) && found.size == 0)
        read = FAIL(HOST_NOT_INTRODUCED);
    if (!is_ok(read))
        return say_file(arguments, file, _(error_info(result_code(read))->sentence), (int)result_code(read));
    buffer_clear(introduction);
    buffer_append_slice(introduction, buffer_slice(&found));
    return EXIT_FINE;
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
    if (kit_begins(buffer_slice(&introduction)) &&
        (status = take_from_kit(arguments, file, &introduction)) != EXIT_FINE)
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
