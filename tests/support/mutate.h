/*
 * Every single-bit flip and every truncation of a byte string, for the tests of readers.
 *
 * Each mutant lies in heap memory of exactly its size, so that a sanitizer notices a read behind its end.
 */
#ifndef SUPPORT_MUTATE_H
#define SUPPORT_MUTATE_H

#include "base/bytes.h"

/* Whether the reader under test accepts the mutant (borrowed for the call). */
typedef bool mutant_accepted(void *context, struct slice mutant);

/* Both return how many mutants were accepted and name the first of them on stderr; a strict reader gives 0. */

/* 8 * bytes.size mutants, each with one bit flipped. */
size_t mutate_each_bit(struct slice bytes, mutant_accepted *accepted, void *context);
/* bytes.size mutants: the first 0, 1, ... size - 1 bytes. */
size_t mutate_each_truncation(struct slice bytes, mutant_accepted *accepted, void *context);

#endif
