/*
 * What the commands of `aval` share: the open machine, and how results and failures are said.
 *
 * Always: with --json, standard output holds one JSON value and nothing else, whether the command worked or not.
 */
#ifndef PROGRAMS_AVAL_COMMAND_H
#define PROGRAMS_AVAL_COMMAND_H

#include "base/buffer.h"
#include "base/reason.h"
#include "terminal/program.h"
#include "terminal/report.h"

#include <aval/aval.h>

#define PROGRAM "aval"

/* Opens the machine that --state and --timeout name. *ret_status is the exit status where it returns false. */
bool machine_open(const struct arguments *arguments, aval_machine **ret_machine, int *ret_status);
/* For __attribute__((cleanup)). */
void machine_cleanup(aval_machine **machine);
#define CLEANUP_MACHINE __attribute__((cleanup(machine_cleanup)))

/* --product, or NULL. */
const char *product_of(const struct arguments *arguments);

/* Says a failure of a call on the machine and returns its exit status. */
int say_code(const struct arguments *arguments, const aval_machine *machine, int code);

/* The same of a file that was named, with the words behind the failure, or the sentence of its code where it has none;
 * and of a document that was refused, with what has become of it on its way, where its bytes tell. */
int say_file(const struct arguments *arguments, const char *file, const char *why, int code);
int say_file_failure(const struct arguments *arguments, const char *file, struct result why,
                     const struct reason *reason);
int say_refused(const struct arguments *arguments, const char *file, struct slice text, const char *why, int code);

/* Reads the document in a file, as it may have come by mail: `text` is the file and `document` what it holds, both of
 * MAILED_MAX. Says what is wrong, and that it was mended. *ret_status is the exit status where it returns false. */
bool document_read(const struct arguments *arguments, const char *file, struct buffer *text, struct buffer *document,
                   int *ret_status);

/* Says that a call which gives nothing back has worked, with --json as an object; the exit status. */
int say_done(const struct arguments *arguments, const char *words);

/* How a call ended that gives nothing back: that, or its failure. */
int say_how_it_ended(const struct arguments *arguments, const aval_machine *machine, int code, const char *words);

/* For programs: a text, null where it is "", and a time, null where it is none. */
void report_text_or_nothing(struct report *report, const char *key, const char *text);
void report_time_or_nothing(struct report *report, const char *key, int64_t time);

int run_product_install(const struct arguments *arguments, void *context);
int run_product_list(const struct arguments *arguments, void *context);
int run_key_install(const struct arguments *arguments, void *context);
int run_key_remove(const struct arguments *arguments, void *context);
int run_key_show(const struct arguments *arguments, void *context);
int run_host_set(const struct arguments *arguments, void *context);
int run_host_clear(const struct arguments *arguments, void *context);
int run_host_discover(const struct arguments *arguments, void *context);
int run_host_show(const struct arguments *arguments, void *context);
int run_site_key_set(const struct arguments *arguments, void *context);
int run_site_key_remove(const struct arguments *arguments, void *context);
int run_revocations(const struct arguments *arguments, void *context);
int run_activate(const struct arguments *arguments, void *context);
int run_renew(const struct arguments *arguments, void *context);
int run_release(const struct arguments *arguments, void *context);
int run_request(const struct arguments *arguments, void *context);
int run_accept(const struct arguments *arguments, void *context);
/* Says what became of one product's attempts, and the lease in force after success; the exit status. */
int say_activation(const struct arguments *arguments, aval_machine *machine, int code,
                   const struct aval_report *report);
int run_status(const struct arguments *arguments, void *context);
int run_machine(const struct arguments *arguments, void *context);
int run_about_show(const struct arguments *arguments, void *context);
int run_about_tell(const struct arguments *arguments, void *context);
int run_about_set(const struct arguments *arguments, void *context);
int run_evidence_list(const struct arguments *arguments, void *context);
int run_evidence_show(const struct arguments *arguments, void *context);
int run_evidence_export(const struct arguments *arguments, void *context);
int run_explain(const struct arguments *arguments, void *context);

#endif
