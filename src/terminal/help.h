/* The pages of --help, written from the table of the program. For this layer only. */
#ifndef TERMINAL_HELP_H
#define TERMINAL_HELP_H

#include "terminal/commands.h"

#include <stdio.h>

/* --help and --version, which every program has; ends with a name of NULL. */
extern const struct option_info common_options[];

/* The program's page. */
void help_program(FILE *stream, const struct program_info *program);
/* The commands whose first word is `group`. */
void help_group(FILE *stream, const struct program_info *program, const char *group);
/* The page of one command. */
void help_command(FILE *stream, const struct program_info *program, const struct command_info *command);

/* Whether the command's name is `group`, a space and another word; that word (borrowed), or NULL. */
const char *second_word(const char *name, const char *group);

#endif
