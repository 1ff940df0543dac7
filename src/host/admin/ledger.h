/*
 * The pages of the control interface that carry ledgers: tiles for whoever asks, and the export of a whole ledger as a
 * stream that is read from the store while it is sent, in constant memory.
 */
#ifndef HOST_ADMIN_LEDGER_H
#define HOST_ADMIN_LEDGER_H

#include "host/control.h"

#include <microhttpd.h>

/* Whether the path is one of them. */
bool control_ledger_has(const char *path);
/* Makes the response of a GET, which is the caller's to destroy; it reads with options->reader until it is sent.
 * `words`: behind the sentence of a failure. NO_SUCH_PAGE; USAGE: arguments; NOT_FOUND: no such vendor; errors of the
 * store. */
RESULT control_ledger_answer(const struct control_options *options, struct MHD_Connection *connection, const char *path,
                             struct MHD_Response **ret_response, char words[static ENGINE_WORDS_SIZE]);

#endif
