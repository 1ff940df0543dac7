/* What the commands of avalctl share: asking the host, and saying times and states. */
#ifndef PROGRAMS_AVALCTL_AVALCTL_H
#define PROGRAMS_AVALCTL_AVALCTL_H

#include "base/reason.h"
#include "proto/admin/ledger.h"
#include "proto/admin/licenses.h"
#include "proto/admin/machines.h"
#include "proto/admin/reload.h"
#include "terminal/options.h"
#include "terminal/say.h"

#define AVALCTL "avalctl"

int command_status(const struct arguments *arguments, void *context);
int command_licenses(const struct arguments *arguments, void *context);
int command_machines(const struct arguments *arguments, void *context);
int command_find(const struct arguments *arguments, void *context);
int command_show(const struct arguments *arguments, void *context);
int command_block(const struct arguments *arguments, void *context);
int command_unblock(const struct arguments *arguments, void *context);
int command_label(const struct arguments *arguments, void *context);
int command_why(const struct arguments *arguments, void *context);
int command_reclaim(const struct arguments *arguments, void *context);
int command_denials(const struct arguments *arguments, void *context);
int command_ledger(const struct arguments *arguments, void *context);
int command_ledger_export(const struct arguments *arguments, void *context);
int command_ledger_checkpoint(const struct arguments *arguments, void *context);
int command_ledger_verify(const struct arguments *arguments, void *context);
int command_introduce(const struct arguments *arguments, void *context);
int command_answer(const struct arguments *arguments, void *context);
int command_kit(const struct arguments *arguments, void *context);
int command_reload(const struct arguments *arguments, void *context);

/* Asks the host of --data; `what` names what the question is about, or is NULL. Says what went wrong, with --json in
 * JSON too, and returns its exit status. */
int ask_host(const struct arguments *arguments, const char *what, const char *method, const char *path,
             struct slice body, struct buffer *answer);
/* The same with a way to take a long answer as it comes, see control_stream(). */
int ask_stream(const struct arguments *arguments, const char *what, const char *path,
               RESULT (*take)(void *context, struct slice piece, struct reason *reason), void *context);
/* All epochs of the ledger, ascending; `vendor` NULL: of the only one. To be freed in any case. */
int ask_epochs(const struct arguments *arguments, const char *vendor, struct control_epochs *ret_epochs);
/* The same for an answer that cannot be read. */
int answer_unreadable(struct result why);
/* The data folder; borrowed. */
const char *folder_of(const struct arguments *arguments);
/* Prints JSON as the host sent it. */
void print_json(const struct buffer *answer);

/* A question begins with a path; this adds "?NAME=VALUE" or "&NAME=VALUE" with the value escaped. */
void query_add(struct buffer *query, const char *name, const char *value);
void query_escape(struct buffer *query, const char *value);
/* Asks for what the question says, as ask_host() does; says so too where the question has become too long. */
int ask_query(const struct arguments *arguments, const char *what, struct buffer *query, struct buffer *answer);

/* --limit, or `usual`; EXIT_USAGE, said, where it is no number from 1. */
int read_limit(const struct arguments *arguments, size_t usual, size_t *ret_limit);

/* Asks about one machine; `what` stands behind its address. Where it fails that is said. */
int ask_about_machine(const struct arguments *arguments, const char *name, const char *what, struct buffer *answer);
/* Changes it in the same way. */
int change_machine(const struct arguments *arguments, const char *name, const char *action, struct slice body,
                   struct buffer *answer);

/* A time, or "-" for none. */
struct time_text {
    char text[TIME_TEXT_SIZE];
};
struct time_text time_or_dash(seconds time);

/* Cells and tables that several commands show. */
void write_machine_state(const struct control_machine *machine, struct buffer *out);
void print_licenses(const struct control_license *licenses, size_t count, seconds now);
void print_machines(const struct control_machine *machines, size_t count);
/* What the last reading did not take, and what waits for a restart; nothing where there is none of either. */
void print_reading(const struct control_reading *reading);
void print_denials(const struct control_denial *denials, size_t count);

#endif
