/*
 * Command lines: one table for each program says its commands, options and examples; parsing, --help and the tests that
 * hold manual pages against programs all read that table.
 *
 *   PROGRAM [options] COMMAND [SUBCOMMAND] [options] [arguments]
 *
 * Every program has --help and --version; --help after a command shows that command's page.
 */
#ifndef TERMINAL_OPTIONS_H
#define TERMINAL_OPTIONS_H

#include "base/result.h"

enum { OPTIONS_MAX = 48, ARGUMENTS_MAX = 256 };

/* One option of a command. The table ends with a name of NULL. */
struct option_info {
    const char *name;  /* long name without dashes, such as "state" */
    char letter;       /* such as 'v', or 0 */
    const char *value; /* what it takes, such as "FOLDER"; NULL: a switch */
    const char *help;  /* one line */
    bool repeated;     /* may be given more than once */
};

struct arguments;

struct command_info {
    const char *name;                  /* "license", or two words: "key install" */
    const char *arguments;             /* such as "KEY", "[FILE]...", or "" */
    const char *summary;               /* one line, no period */
    const struct option_info *options; /* NULL: none of its own */
    const char *examples;              /* lines to show under "Examples:"; NULL */
    size_t least;                      /* positional arguments it needs */
    size_t most;                       /* and takes; ARGUMENTS_MAX: any number */
    /* Does the work and returns the exit status. `context` is the program's. */
    int (*run)(const struct arguments *arguments, void *context);
};

struct program_info {
    const char *name;
    const char *summary;                 /* one paragraph */
    const struct option_info *options;   /* taken by every command */
    const struct command_info *commands; /* ends with a name of NULL; in the order of --help */
    const char *epilogue;                /* shown at the end of --help; NULL */
};

/* What was given. Borrows from argv. */
struct arguments {
    const struct program_info *program;
    const struct command_info *command;
    size_t option_count;
    struct given_option {
        const struct option_info *info;
        const char *value; /* NULL for a switch */
    } options[OPTIONS_MAX];
    size_t count;
    const char *values[ARGUMENTS_MAX];
};

/* Parses, answers --help and --version itself, and runs the command. Returns the exit status: EXIT_USAGE, with a
 * message that names the word and points to --help, where the line is not understood. */
int program_main(const struct program_info *program, int argc, char **argv, void *context);

/* The value of an option, or `otherwise`; the last where it was repeated. */
const char *argument_value(const struct arguments *arguments, const char *name, const char *otherwise);
/* The n-th value of a repeated option, or NULL. */
const char *argument_value_at(const struct arguments *arguments, const char *name, size_t n);
bool argument_given(const struct arguments *arguments, const char *name);

#endif
