/*
 * One question to the control interface: what its handlers work with, and how they answer in JSON.
 *
 * Always: reads go through the reader handle, which is the control's one thread's alone; changes go through engine_run.
 */
#ifndef HOST_ADMIN_QUESTION_H
#define HOST_ADMIN_QUESTION_H

#include "base/reason.h"
#include "host/control.h"
#include "host/published.h"
#include "http/handler.h"
#include "ledger/former.h"
#include "rows.h"

struct admin_question {
    const struct control_options *options;
    struct http_request *request;
    struct rows rows; /* by the authority in force, as of now, and with the words of the answer's failure */
    struct buffer *out;
    const char *type; /* of what is in it: TYPE_JSON, unless the handler says something else */
};

/* Answers with what `answer` appends, or with its failure. `context` is the struct control_options. */
void question_answer(void *context, struct http_request *request,
                     RESULT (*answer)(struct admin_question *question, struct reason *reason));

/* A failure as the control interface says it: JSON with the code's name, and the reason or the code's own sentence. */
struct http_response question_failed(struct result why, const struct reason *reason);
/* For http_options.refuse. */
struct http_response question_refused(void *context, enum http_refusal why);

/* ---- arguments ---- */

/* The value of an argument behind the question mark; NULL where there is none. */
const char *question_argument(const struct admin_question *question, const char *name);
/* Whether the argument is there and says 1. */
bool question_flag(const struct admin_question *question, const char *name);
/* How many rows are wanted, at most CONTROL_LIST_MAX. USAGE. */
RESULT question_limit(const struct admin_question *question, size_t *ret_limit, struct reason *reason);
/* The machine whose id is the text, or alone begins with it. USAGE, NOT_FOUND; errors of the store. */
RESULT question_machine(const struct admin_question *question, const char *text, struct machine_id *ret_machine,
                        struct reason *reason);
/* Lower-case hex digits that a machine id may begin with; false where the text is something else. */
bool question_digits(const char *text, char digits[static MACHINE_ID_TEXT_SIZE]);

/* Which ledger the arguments `vendor`, `epoch` and `since` of an export name, and from which leaf on. USAGE; errors of
 * vendor_choose() and former_find(). */
RESULT question_leaves(const struct control_options *options, struct http_request *request, struct former *ret_chosen,
                       uint64_t *ret_since, struct reason *reason);

#endif
