/*
 * Signed documents that people mailed to each other: product, host request, license, revocations, and a
 * machine's request.
 *
 * What mail and editors do to text is undone, and nothing else: byte order mark, line ends of other systems, blanks at
 * the end of lines, blank lines, a missing last newline, `>` before each line, words before and after, another dash
 * before a signature, lines that were wrapped. What comes out is canonical to the byte, for its reader accepts nothing
 * else; whether its signature holds is seen where it is opened, as with any. Only for what a person gives to a program:
 * what travels between programs is never mended. Thread-safe.
 */
#ifndef CORE_DOCUMENTS_MAILED_H
#define CORE_DOCUMENTS_MAILED_H

#include "base/buffer.h"
#include "base/reason.h"
#include "core/limits.h"

enum { MAILED_MAX = 2 * NOTE_MAX }; /* a text with a document in it */

/* Appends the one signed document in that text to *out; the text as it is where it is one already, where it is none of
 * these documents, or is a note that cannot be mended: then its reader has the word. *ret_mended says whether it had to
 * be changed. NOTE_FORM or the reader's own error, with the line of the document: one begins there that cannot be had
 * back. DOCUMENT_SEVERAL: there are two that differ. NO_MEMORY, TEXT_TOO_LONG. */
RESULT mailed_mend(struct slice text, struct buffer *out, bool *ret_mended);

/* The same for the request of a machine, and for nothing else. */
RESULT mailed_mend_request(struct slice text, struct buffer *out, bool *ret_mended);

/* What has become of a text that holds no document that can be had back: "it is UTF-16, ... save it as UTF-8". "" where
 * nothing tells. Borrowed, from `words` or for ever. */
enum { MAILED_CAUSE_SIZE = 160 };
const char *mailed_cause(struct slice text, char words[static MAILED_CAUSE_SIZE]);
/* Adds that to the reason of a failure that is one of form, and has no words yet. Returns `why`. */
RESULT mailed_explain(struct slice text, struct result why, struct reason *reason);

#endif
