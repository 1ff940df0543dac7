/* What options.c has for program.c. For this layer only. */
#ifndef TERMINAL_READING_H
#define TERMINAL_READING_H

#include "terminal/commands.h"

/* Reads a command line, and answers --help and --version itself. True where a command is to be run; otherwise
 * *ret_status is the exit status, and what is to be said has been. */
bool options_read(const struct program_info *program, int argc, char **argv, struct arguments *ret_arguments,
                  int *ret_status);

/* The option of that name of `size` bytes, or where `name` is NULL with that letter; borrowed, NULL where the table
 * (which may be NULL) has none. */
const struct option_info *option_find(const struct option_info *table, const char *name, size_t size, char letter);

#endif
