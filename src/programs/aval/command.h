/*
 * What the commands of `aval` share: the open machine, and how results and failures are said.
 *
 * Always: with --json, standard output holds one JSON value and nothing else, whether the command worked or not.
 */
#ifndef PROGRAMS_AVAL_COMMAND_H
#define PROGRAMS_AVAL_COMMAND_H

#include "base/time.h"
#include "terminal/options.h"

#include <aval/aval.h>
#include <jansson.h>

#define PROGRAM "aval"

/* Opens the machine that --state and --timeout name. *ret_status is the exit status where it returns false. */
bool machine_open(const struct arguments *arguments, aval_machine **ret_machine, int *ret_status);
/* For __attribute__((cleanup)). */
void machine_cleanup(aval_machine **machine);
#define CLEANUP_MACHINE __attribute__((cleanup(machine_cleanup)))

bool wants_json(const struct arguments *arguments);
/* --product, or NULL. */
const char *product_of(const struct arguments *arguments);

/* Says a failure of a call on the machine and returns its exit status. */
int say_code(const struct arguments *arguments, const aval_machine *machine, int code);
/* The same for what went wrong before there was a machine to ask. */
int say_problem(const struct arguments *arguments, const char *message, int code);
/* Prints and frees the value; EXIT_FINE, or EXIT_BUG where there was no memory for it. */
int say_json(json_t *value);

/* A time as text; 0: null, or "never". */
json_t *json_time(int64_t time);

int run_product_install(const struct arguments *arguments, void *context);
int run_product_list(const struct arguments *arguments, void *context);
int run_key_install(const struct arguments *arguments, void *context);
int run_key_remove(const struct arguments *arguments, void *context);
int run_key_show(const struct arguments *arguments, void *context);
int run_host_set(const struct arguments *arguments, void *context);
int run_host_clear(const struct arguments *arguments, void *context);
int run_host_show(const struct arguments *arguments, void *context);
int run_activate(const struct arguments *arguments, void *context);
int run_renew(const struct arguments *arguments, void *context);
int run_release(const struct arguments *arguments, void *context);
int run_status(const struct arguments *arguments, void *context);
int run_evidence_list(const struct arguments *arguments, void *context);
int run_evidence_show(const struct arguments *arguments, void *context);
int run_evidence_export(const struct arguments *arguments, void *context);
int run_explain(const struct arguments *arguments, void *context);

#endif
