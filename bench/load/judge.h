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
    bool has_seen;
    struct seen seen; /* that machines say in their requests */
};

/* Reads the vendor's verifier key, the license and, where it is not NULL, the checkpoint that machines have seen last.
 * *ret_path names the file that a failure concerns; borrowed. */
RESULT judge_open(const char *vendor_key, const char *license, const char *seen, struct judge *ret_judge,
                  const char **ret_path);
void judge_close(struct judge *judge);
/* Whether `body` is the answer to that machine's request: a lease whose leaf carries the note that is awaited, byte for
 * byte, and not an earlier one given again (LEASE_OTHER_REQUEST), which would have cost the host less. */
RESULT judge_answer(const struct judge *judge, struct slice body, const struct bench_machine *machine,
                    struct slice awaited, seconds now);

#endif
