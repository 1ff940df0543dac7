/*
 * A lease by files, for a machine that sees no network: a request, which somebody carries to the operator of a host,
 * and its answer.
 *
 * A file is to the rest of the client what a host is that answers: a transport gives what is in it (proto/parcel.h),
 * and everything is believed or not as ever.
 *
 * Always: one request is awaited, the last that was made; it is kept, byte for byte, until a lease came of it. The
 * answer to another is refused before anything of it is looked at.
 */
#ifndef CLIENT_OFFLINE_OFFLINE_H
#define CLIENT_OFFLINE_OFFLINE_H

#include "base/buffer.h"
#include "machine/handle.h"

/* See aval_request_make(). */
RESULT offline_request(const aval_machine *machine, const char *product, struct slice introduction, struct buffer *out,
                       struct reason *reason);
/* See aval_answer_accept(). */
RESULT offline_accept(const aval_machine *machine, const char *product, struct slice answer, struct aval_report *report,
                      struct reason *reason);

#endif
