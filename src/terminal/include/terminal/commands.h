/*
 * What a program consists of, as one table: its commands, options and examples. Parsing (options.h), --help and the
 * tests that hold manual pages against programs all read that table.
 */
#ifndef TERMINAL_COMMANDS_H
#define TERMINAL_COMMANDS_H

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

#endif
