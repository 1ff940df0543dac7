/*
 * What the commands of aval-vendor share: their state, how they fail, the desk and its secret key, values of options.
 *
 * A command is a function that returns RESULT. Before a step that can fail it says in `what` which file or thing is
 * concerned, and in `reason` the words behind the failure, so that the one place that reports failures can say both.
 * For one thread.
 */
#ifndef PROGRAMS_AVAL_VENDOR_COMMAND_H
#define PROGRAMS_AVAL_VENDOR_COMMAND_H

#include "desk/desk.h"
#include "terminal/options.h"

#define PROGRAM_NAME "aval-vendor"

struct command {
    const struct arguments *arguments;
    char what[PATH_SIZE];    /* "": nothing in particular */
    struct reason reason;    /* behind the error's sentence */
    struct desk *desk;       /* from command_open() */
    struct signing_key *key; /* from command_unlock() */
};

/* Runs the body, reports its failure, frees what it opened, and returns the exit status. */
int command_run(const struct arguments *arguments, RESULT (*body)(struct command *command));

void command_about(struct command *command, const char *what);

/* --desk, else AVAL_DESK, else the current folder. */
const char *command_folder(const struct command *command);
/* Fills in `desk`. */
RESULT command_open(struct command *command, bool writing);
/* Fills in `key`: asks for the passphrase, or reads --passphrase-file, where the key is sealed. */
RESULT command_unlock(struct command *command);
/* The passphrase from --passphrase-file or the terminal; yours, by secret_free. USAGE where it is empty. */
RESULT command_passphrase(struct command *command, const char *prompt, bool confirm, char **ret_passphrase);
/* The same of one that takes another's place: from the terminal, twice. */
RESULT command_new_passphrase(struct command *command, const char *prompt, char **ret_passphrase);

/* Reads a whole file of at most the buffer's limit. */
RESULT command_read(struct command *command, const char *path, struct buffer *out);
/* The same of a signed document that a person got by mail: what that has done to it is undone, and said. */
RESULT command_read_mailed(struct command *command, const char *path, struct buffer *out);
/* Signs a text by `key` and appends the note. */
RESULT command_sign(struct command *command, const struct buffer *text, struct buffer *note);
/* Whether --output, or else that name in the current folder, is a file that is not there yet; before anything is
 * signed. FILE_EXISTS, USAGE. */
RESULT command_output(struct command *command, const char *otherwise, char ret_path[static PATH_SIZE]);
/* Writes what was just recorded; takes the record back where that fails. */
RESULT command_deliver(struct command *command, const char *path, const struct buffer *note);

/* Options. USAGE with the option's name in the words. */
RESULT command_number(struct command *command, const char *option, uint64_t least, uint64_t otherwise,
                      uint64_t *ret_number);
RESULT command_duration(struct command *command, const char *option, seconds otherwise, seconds *ret_duration);
RESULT command_date(struct command *command, const char *option, seconds otherwise, seconds *ret_date);
RESULT command_needed(struct command *command, const char *option, const char **ret_value);

/* The commands; each is a row of the program table. */
int command_init(const struct arguments *arguments, void *context);
int command_passphrase_change(const struct arguments *arguments, void *context);
int command_rotate(const struct arguments *arguments, void *context);
int command_product(const struct arguments *arguments, void *context);
int command_key(const struct arguments *arguments, void *context);
int command_license(const struct arguments *arguments, void *context);
int command_test_license(const struct arguments *arguments, void *context);
int command_renew(const struct arguments *arguments, void *context);
int command_licenses(const struct arguments *arguments, void *context);
int command_revoke(const struct arguments *arguments, void *context);
int command_inspect(const struct arguments *arguments, void *context);
int command_adopt(const struct arguments *arguments, void *context);
int command_audit(const struct arguments *arguments, void *context);

#endif
