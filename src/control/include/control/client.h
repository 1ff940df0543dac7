/*
 * Asking a host's control interface: HTTP over the Unix socket of its data folder. For avalctl, and for `avald import`,
 * which asks a running host to read its licenses again. One question at a time; waits at most CONTROL_WAIT_SECONDS.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include "base/reason.h"
#include "proto/admin/limits.h"

enum { CONTROL_WAIT_SECONDS = 60 };

/* Appends the answer to `out`. `body` of size 0 with method "POST" is an empty one. CONTROL_ABSENT: nobody serves that
 * folder; CONTROL_REFUSED: not its owner nor root; HOST_TIMEOUT, HOST_ANSWER, NO_MEMORY; otherwise what the host itself
 * said, with its words as the reason. */
RESULT control_ask(const char *folder, const char *method, const char *path, struct slice body, struct buffer *out,
                   struct reason *reason);

/* The same for a GET whose answer is long: hands it to `take` as it comes, without a limit on the whole; an answer that
 * is cut off is ANSWER_CUT. A failure of `take` ends the asking and is the result, with its words. */
RESULT control_stream(const char *folder, const char *path,
                      RESULT (*take)(void *context, struct slice piece, struct reason *reason), void *context,
                      struct reason *reason);

#endif
