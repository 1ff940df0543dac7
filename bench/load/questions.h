/*
 * What the machines of a run ask: whole HTTP messages, each with a request that its machine signed. A signature takes
 * as long as the host takes for some leases, so all are made before anything is measured; sending one is sending bytes.
 *
 * Always: question n is asked by another machine than question n + 1 and has a higher number than all before it, so
 * that each leads to a leaf of its own wherever there are machines enough for no one to ask twice within a second. All
 * messages are of one size.
 */
#ifndef BENCH_LOAD_QUESTIONS_H
#define BENCH_LOAD_QUESTIONS_H

#include "machines.h"

enum { QUESTION_MAX = MACHINE_NOTE_MAX + 1024, SIGNERS_MAX = 16 };

/* Who asks, and what. */
struct question_plan {
    struct request request; /* vendor, product, edition, host key, time, state, seen */
    const char *host;       /* for the HTTP head; borrowed */
    const char *path;
    uint64_t machine_seed;
    uint64_t machines_from;
    uint64_t machines_count; /* then the first asks again */
    uint64_t start;          /* which of them asks first */
    uint64_t number;         /* of question 0; of question n, n more */
};

/* The machine that asks question n. INTERNAL. */
RESULT question_machine(const struct question_plan *plan, uint64_t n, struct bench_machine *ret_machine);
/* Appends the whole message of question n; *ret_body: where in it the request's note begins. */
RESULT question_write(const struct question_plan *plan, uint64_t n, struct buffer *out, size_t *ret_body);

/* Signed beforehand, in memory that child processes share. */
struct questions {
    struct question_plan plan;
    uint64_t count;
    size_t size;    /* of each message */
    size_t body;    /* where its note begins */
    double seconds; /* that the signing took */
    uint8_t *messages;
};

/* Signs questions 0 to count - 1 in as many processes as there are processors; `shown` (may be NULL) is called ten
 * times a second with how many there are. Yours to free. NO_MEMORY, INTERNAL. */
RESULT questions_sign(const struct question_plan *plan, uint64_t count, void (*shown)(void *context, uint64_t done),
                      void *context, struct questions *ret_questions);
void questions_free(struct questions *questions);
/* Message n, and the note in it; the first one again behind the last. Borrowed. */
struct slice question_message(const struct questions *questions, uint64_t n);
struct slice question_note(const struct questions *questions, uint64_t n);

#endif
