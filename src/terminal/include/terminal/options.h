/*
 * Command lines, read by the table of the program (commands.h).
 *
 *   PROGRAM [options] COMMAND [SUBCOMMAND] [options] [arguments]
 *
 * Every program has --help and --version; --help after a command shows that command's page. program.h reads the line
 * and runs the command, which asks here for what it was given.
 */
#ifndef TERMINAL_OPTIONS_H
#define TERMINAL_OPTIONS_H

#include "terminal/commands.h"

/* The value of an option, or `otherwise`; the last where it was repeated. */
const char *argument_value(const struct arguments *arguments, const char *name, const char *otherwise);
/* The n-th value of a repeated option, or NULL. */
const char *argument_value_at(const struct arguments *arguments, const char *name, size_t n);
bool argument_given(const struct arguments *arguments, const char *name);
/* --json */
bool wants_json(const struct arguments *arguments);

#endif
