/*
 * Text on a terminal: its width, and printing it so that what strangers wrote cannot drive the terminal.
 *
 * Always: of control characters, among them those that turn or hide the text around them (utf8_is_control()), only the
 * sequences of tone_begin and tone_end are let through, where those are in use; of bytes that are no UTF-8, none. For
 * this layer only.
 */
#ifndef TERMINAL_TEXT_H
#define TERMINAL_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Columns that the text takes: code points of UTF-8, tones not counted. */
size_t text_width(const char *text);
/* Prints it, each control character and each byte that is no UTF-8 as '?'. */
void text_print(FILE *stream, const char *text);
/* Prints so many spaces. */
void text_spaces(FILE *stream, size_t count);
/* Prints words, beginning at column `column`, and breaks lines before column 80; further lines begin at `indent`. Ends
 * the line. */
void text_wrap(FILE *stream, const char *text, size_t column, size_t indent);

#endif
