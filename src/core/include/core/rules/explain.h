/*
 * Why a machine has a lease or none, in one sentence with the numbers behind it, what to do, and when it resolves by
 * itself.
 *
 * The host writes it into its denials and tells it to the operator (`avalctl why`); the machine shows what it was told,
 * or says the same of its lease (`aval status`). Pure, total, thread-safe.
 */
#ifndef CORE_RULES_EXPLAIN_H
#define CORE_RULES_EXPLAIN_H

#include "core/documents/documents.h"

/* Writes the message of a denial from its code and numbers; those that are not there are left out. */
void explain_denial(struct denial *denial);

/* The same of a lease, as of `now`: until when it runs and from when on it is renewed, or that it has ended. */
void explain_lease(const struct lease *lease, seconds now, char ret_text[static DENIAL_MESSAGE_SIZE]);

/* A machine that was denied with that code and would get a lease now; it asks again at that time at the latest. */
void explain_waiting(enum error_code code, seconds asks_again, char ret_text[static DENIAL_MESSAGE_SIZE]);

#endif
