/*
 * What programs say to people: messages, aligned tables, colour and progress.
 *
 * Results go to standard output; errors, hints and progress to standard error. Colour is used on a terminal only, and
 * never with NO_COLOR. For one thread.
 */
#ifndef TERMINAL_SAY_H
#define TERMINAL_SAY_H

#include "base/buffer.h"
#include "base/time.h"
#include "terminal/tone.h"

#include <stdarg.h>

/* Prints "PROGRAM: WHAT: SENTENCE (NAME)", where known with the place ("line 7"), and returns the exit status of the
 * error. `what` names the file or thing concerned; NULL: none. `detail` is added behind, such as the system's own
 * words; NULL or "": none. */
int say_failure(const char *program, const char *what, struct result why, const char *detail);
/* The same with "group" or another word instead of "line" for the place. */
int say_failure_at(const char *program, const char *what, struct result why, const char *place_word,
                   const char *detail);
/* Prints "PROGRAM: text" to standard error and returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int say_usage(const char *program, const char *format, ...);
/* What --json carries as the message of the failure that was said last, instead of the line on standard error. */
void say_answer(const char *message);
/* A line to standard error that is no error. */
__attribute__((format(printf, 1, 2))) void say_hint(const char *format, ...);
/* The same, where a document that a person gave was found in a text that mail or an editor had changed. */
void say_mended(const char *file);

/* A table: columns aligned by what is in them, header in strong; numbers to the right. */
struct table;
struct table_column {
    const char *title;
    bool right; /* aligned to the right */
};
/* Yours to free; NULL where there is no memory. `columns` is copied. */
struct table *table_new(const struct table_column *columns, size_t count);
/* The next cell of the current row; rows wrap by themselves. Text is copied. */
void table_cell(struct table *table, const char *text);
__attribute__((format(printf, 2, 3))) void table_cellf(struct table *table, const char *format, ...);
/* Prints it to standard output and frees it. Takes NULL. */
void table_print(struct table *table);

/* Text to standard output, with its newlines: what strangers wrote in it cannot drive the terminal. */
__attribute__((format(printf, 1, 2))) void say_text(const char *format, ...);
/* One line to standard output, for what names files: a newline in a name is printed as '?', and begins no line that
 * would pass for the program's own. */
__attribute__((format(printf, 1, 2))) void say_line(const char *format, ...);
/* As say_text, of arguments that were given to another. */
__attribute__((format(printf, 1, 0))) void say_text_of(const char *format, va_list arguments);

/* "Key:   value" lines with aligned values: a table of two columns without header. */
void say_field(const char *key, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A duration for people, from two units: "179 days 3 hours", "12 minutes", "0 seconds". */
enum { SPAN_TEXT_SIZE = 64 };
void span_write(seconds duration, char text[static SPAN_TEXT_SIZE]);
/* "3 machines", "1 machine". Appends. */
void plural_write(uint64_t count, const char *one, const char *many, struct buffer *out);

/* Progress of work that takes longer than a second, on a terminal: "checking leaves 12,345 of 1,000,000". Prints
 * nothing elsewhere. now_ms: a monotonic clock. */
struct progress {
    const char *what;
    uint64_t total;
    int64_t began_ms;
    int64_t shown_ms;
};
void progress_show(struct progress *progress, uint64_t done, int64_t now_ms);
/* Wipes the line. */
void progress_end(struct progress *progress);

/* Asks a question that is answered with yes or no, where there is a terminal to ask on; `question` comes without "?".
 * Everything but a yes is a no. */
enum said { SAID_NO, SAID_YES, SAID_NOTHING /* standard input is no terminal */ };
enum said ask_yes(const char *question);

/* Asks for a passphrase on the terminal without showing it (twice where `confirm`), or reads one line from standard
 * input where that is no terminal. `prompt` comes without a colon. Into secret memory: *ret_passphrase is
 * zero-terminated and yours, by secret_free. USAGE where there is nothing to read or both differ. */
RESULT ask_passphrase(const char *prompt, bool confirm, char **ret_passphrase);

#endif
