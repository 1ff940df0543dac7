/*
 * When a machine asks by itself again.
 *
 * Machines that were made from one image in one hour would ask together for ever, so each draws how much sooner it
 * renews, and how much later it tries again: `draw` is 16 bits of chance, drawn anew at each answer. What is worked out
 * is kept beside the answer, so that it is the same for whoever looks.
 *
 * Pure, total, thread-safe; all times in seconds, intervals at least 0.
 */
#ifndef CORE_RULES_WAITING_H
#define CORE_RULES_WAITING_H

#include "base/time.h"

/* No machine waits longer than the first because nobody answered it while its lease runs, nor than the second while it
 * has none: to ask costs little, and somebody may be sitting before it. */
#define WAIT_LICENSED_MAX   ((seconds)DAY)
#define WAIT_UNLICENSED_MAX ((seconds)4 * HOUR)
#define WAIT_MIN            ((seconds)MINUTE)

/* From an answer with a lease to its renewal, where that is due `after` it: at most an eighth sooner, and never later,
 * so that no machine is missed where machines are counted. */
seconds waiting_renewal(seconds after, uint16_t draw);
/* From a denial to the next try: what the host asks for, and at most an eighth more. */
seconds waiting_denied(seconds asked_for, uint16_t draw);

struct unanswered {
    seconds retry;     /* of the license, or the default */
    uint64_t failures; /* one behind the other, with this one */
    seconds left;      /* until the end of the lease in force; 0: there is none */
};
/* From a failure to the next try: `retry`, twice that after the second one, and so on up to the longest wait, and at
 * most an eighth more. As a lease comes near its end, at most a quarter of what is left of it, so that a host that is
 * back in time is found in time. Not below WAIT_MIN, or `retry` where that is shorter. */
seconds waiting_unanswered(const struct unanswered *unanswered, uint16_t draw);

#endif
