/*
 * The failure that was said last, for programs that read: whoever asked for JSON gets an object on standard output also
 * where a command fails, unless the command has printed an answer of its own there. For this layer only; one thread.
 */
#ifndef TERMINAL_FAILURE_H
#define TERMINAL_FAILURE_H

#include <stdbool.h>

enum { FAILURE_MESSAGE_SIZE = 4096 };

/* Keeps what is said on standard error: the stable name of the error, and the line without the program's name. */
void failure_keep(const char *name, const char *message);
/* Other words for the failure kept. */
void failure_reword(const char *message);
/* Sends what was printed to standard output on its way, so that on a terminal both streams come in the order in which
 * they were written. */
void failure_flush_output(void);
/* The failure kept, borrowed; false where there is none, or something has been printed to standard output. */
bool failure_unanswered(const char **ret_name, const char **ret_message);

#endif
