/*
 * One question to one host, and what is kept of its answer for the report.
 *
 * Always: a failure has been written to the attempt, with its particulars, when it is returned.
 */
#ifndef CLIENT_ACTIVATION_EXCHANGE_H
#define CLIENT_ACTIVATION_EXCHANGE_H

#include "machine/handle.h"
#include "proto/answer.h"

/* What a host answered with status 200. */
struct reply {
    uint8_t *data;
    size_t size;
};
struct slice reply_slice(const struct reply *reply);
/* For __attribute__((cleanup)); leaves it empty. */
void reply_free(struct reply *reply);
#define CLEANUP_REPLY __attribute__((cleanup(reply_free)))

/* Asks and replaces the reply, of at most `limit` bytes. `body` of size 0: GET; with another goes what shows the site
 * key, where this machine has one. A denial gives its code and numbers, and the reply is what stands behind it, mostly
 * nothing. Further failures leave the reply as it was: HOST_UNREACHABLE, HOST_TIMEOUT, HOST_ANSWER, NO_MEMORY; USAGE
 * where this build has no transport. */
RESULT exchange(const aval_machine *machine, const char *path, struct slice body, size_t limit,
                struct aval_attempt *attempt, struct reply *reply);

/* Sends what this machine has signed, and reads the answer, which borrows from the reply. Failures of exchange(); where
 * the answer cannot be read, HOST_ANSWER. */
RESULT exchange_signed(const aval_machine *machine, const char *path, struct slice body, struct aval_attempt *attempt,
                       struct reply *reply, struct answer *ret_answer);

/* Forgets what an attempt has come to, before the same host is asked once more. */
void attempt_begin(struct aval_attempt *attempt);
/* Writes a failure to the attempt and returns it. `detail` may be "". */
RESULT attempt_fail(struct aval_attempt *attempt, struct result why, const char *detail);
/* The same for an answer that could not be read: HOST_ANSWER, with what was wrong in `what`. Failures of trust and of
 * this machine stay what they are. */
RESULT attempt_fail_answer(struct aval_attempt *attempt, struct result why, const char *what);

/* The attempt that speaks for the report: the last of a host that answered, or else the last. NULL where there is none.
 */
const struct aval_attempt *report_verdict(const struct aval_report *report);
/* Begins the next attempt; there is room for HOSTS_MAX. */
struct aval_attempt *report_add(struct aval_report *report, const char *host);

#endif
