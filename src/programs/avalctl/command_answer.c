/* avalctl introduce and answer: for machines that see no network. */
#include "avalctl.h"

#include "base/sentences.h"
#include "core/documents/documents.h"
#include "core/documents/mailed.h"
#include "proto/api.h"
#include "proto/parcel.h"
#include "system/files.h"
#include "terminal/report.h"

#include <stdio.h>
#include <string.h>

enum { QUERY_MAX = 1024 };

/* The host's text, which is a file for a machine; with --json as a member of that name. */
static int put(const struct arguments *arguments, const char *name, struct buffer *text, const struct denial *denial)
{
    if (!wants_json(arguments)) {
        fputs(buffer_text(text), stdout);
        return EXIT_FINE;
    }
    struct report out;
    report_begin(&out, true);
    report_text(&out, name, NULL, buffer_text(text));
    if (denial != NULL) {
        report_text(&out, "code", NULL, error_info(denial->code)->name);
        report_text(&out, "message", NULL, denial->message);
    }
    const int status = report_answer(&out, AVALCTL, EXIT_FINE);
    report_free(&out);
    return status;
}

int command_introduce(const struct arguments *arguments, void *context)
{
    (void)context;
    const char *const what = arguments->values[0];
    CLEANUP_BUFFER struct buffer path = buffer_make(QUERY_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    buffer_append_text(&path, API_INTRODUCE);
    for (const char *at = what; *at != 0; at++) {
        const char one[] = {*at, 0};
        if (*at == '/')
            buffer_append_byte(&path, '/');
        else
            query_escape(&path, one);
    }
    if (argument_given(arguments, "counted"))
        buffer_append_text(&path, "/" API_COUNTED);
    const int asked = ask_query(arguments, what, &path, &answer);
    return asked == EXIT_FINE ? put(arguments, "introduction", &answer, NULL) : asked;
}

/* A request as the machine signed it, out of whatever mail made of it. */
static int read_request(const char *file, struct buffer *note)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(MAILED_MAX);
    struct reason reason = {.text = ""};
    struct request request;
    bool mended = false;
    struct result read = file_read(file, &text, &reason);
    if (is_ok(read))
        read = mailed_mend_request(buffer_slice(&text), note, &mended);
    if (is_ok(read))
        read = request_open(buffer_slice(note), &request);
    if (!is_ok(read)) {
        result_ignore(mailed_explain(buffer_slice(&text), read, &reason));
        say_answer(*reason.text != 0 ? reason.text : error_info(result_code(read))->sentence);
        return say_failure(AVALCTL, file, read, reason.text);
    }
    if (mended)
        say_mended(file);
    return EXIT_FINE;
}

/* Whether the file is a denial, which the machine will say too. */
static RESULT find_denial(struct slice file, struct denial *ret_denial, bool *ret_denied)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(PARCEL_MAX);
    struct parcel parcel;
    struct slice rest;
    *ret_denied = false;
    TRY(unwrap(WRAPPED_ANSWER, file, &text));
    TRY(parcel_read(buffer_slice(&text), &parcel));
    if (parcel.license.size > 0)
        return RESULT_OK;
    TRY(denial_read(document_head(parcel.answer, &rest), ret_denial));
    *ret_denied = true;
    return RESULT_OK;
}

int command_answer(const struct arguments *arguments, void *context)
{
    (void)context;
    const char *const file = arguments->values[0];
    CLEANUP_BUFFER struct buffer note = buffer_make(MAILED_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    struct denial denial;
    bool denied = false;
    int status = read_request(file, &note);
    if (status == EXIT_FINE)
        status = ask_host(arguments, file, "POST", CONTROL_ANSWER, buffer_slice(&note), &answer);
    if (status != EXIT_FINE)
        return status;
    const struct result read = find_denial(buffer_slice(&answer), &denial, &denied);
    if (!is_ok(read))
        return answer_unreadable(read);
    if (denied)
        say_hint(_("%s: no lease: %s (%s); the answer tells the machine so"), file, denial.message,
                 error_info(denial.code)->name);
    return put(arguments, "answer", &answer, denied ? &denial : NULL);
}
