/*
 * What the main files of all programs share: one skeleton, from the command line to the exit status.
 *
 * Always: what was promised on standard output and could not be written there is a failure; whoever asked for JSON gets
 * an object with "code", "message" and "exit_status" also where the program fails, unless it has printed an answer of
 * its own. For one thread.
 */
#ifndef TERMINAL_PROGRAM_H
#define TERMINAL_PROGRAM_H

#include "terminal/options.h"

/* Makes ready what every program needs (cryptography), parses, answers --help and --version itself, and runs
 * the command with `context`. Returns the exit status: EXIT_USAGE, with a message that names the word and points to
 * --help, where the line is not understood. */
int program_main(const struct program_info *program, int argc, char **argv, void *context);

/* Says a failure whose sentence is made already, and returns its exit status: "PROGRAM: MESSAGE (NAME)", or with --json
 * that object and nothing else. `code`: one of the error table. */
int say_problem(const struct arguments *arguments, const char *message, int code);

#endif
