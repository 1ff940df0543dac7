/* Whether an answer is a real one: verified as a machine verifies it, so that what is measured is the work and not its
 * appearance. Reads no clock; not thread-safe. */
#ifndef BENCH_LOAD_JUDGE_H
#define BENCH_LOAD_JUDGE_H

#include "core/tlog/checkpoint.h"
#include "machines.h"

struct judge {
    struct verifier_key vendor_key;
    struct buffer license_note;
    struct license license;
    struct checkpoint seen; /* size 0: machines say that they have seen none */
};

/* Reads the vendor's verifier key, the license and, where it is not NULL, the checkpoint that machines have seen last.
 * *ret_path names the file that a failure concerns; borrowed. */
RESULT judge_open(const char *vendor_key, const char *license, const char *seen, struct judge *ret_judge,
                  const char **ret_path);
void judge_close(struct judge *judge);
/* Whether `body` is the answer to the request of that machine with that nonce. */
RESULT judge_answer(const struct judge *judge, struct slice body, const struct bench_machine *machine,
                    const struct nonce *nonce, seconds now);

#endif
