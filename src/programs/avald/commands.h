/* The commands of avald, one function each; see main.c for their tables. Each returns the exit status. */
#ifndef PROGRAMS_AVALD_COMMANDS_H
#define PROGRAMS_AVALD_COMMANDS_H

#include "host/config_flags.h"

#define AVALD "avald"

/* How long the folder's lock is waited for. Where an avald was killed while it started its signer, the child shares the
 * lock until it has become that. */
enum { FOLDER_LOCK_WAIT_MS = 2000 };

int command_init(const struct arguments *arguments, void *context);
int command_enroll(const struct arguments *arguments, void *context);
int command_import(const struct arguments *arguments, void *context);
int command_serve(const struct arguments *arguments, void *context);
int command_recover(const struct arguments *arguments, void *context);
int command_backup(const struct arguments *arguments, void *context);
int command_archive(const struct arguments *arguments, void *context);
int command_restore(const struct arguments *arguments, void *context);
int command_site_key_new(const struct arguments *arguments, void *context);
int command_site_key_set(const struct arguments *arguments, void *context);
int command_site_key_end(const struct arguments *arguments, void *context);
int command_site_key_remove(const struct arguments *arguments, void *context);
int command_check_config(const struct arguments *arguments, void *context);

/* Returns once that second is over: an epoch is named by the second of its beginning, and whoever puts a copy back and
 * begins again at once would otherwise begin the same one twice. */
void command_pass_second(seconds second);

/* The configuration of a command: defaults, then the file, then the flags. Names in *ret_path the file that was read,
 * or is NULL where none was, or where a flag is at fault; borrowed. */
RESULT command_config(const struct arguments *arguments, struct config *ret_config, const char **ret_path,
                      struct reason *reason);
/* The same; says what is wrong and returns its exit status, or EXIT_FINE. */
int command_config_or_say(const struct arguments *arguments, struct config *ret_config);

/* Asks the host that runs on the folder, if one does, to read its folder again, and says how that went. `what`: that
 * which it should serve now, such as "the license". */
void command_ask_reload(const char *folder, const char *what);

struct store;
struct control_archive_check;
/* Reads all files of the folder's archive, from the store or, where that is NULL, by asking the host that serves it;
 * shows how far it is. Errors of archive_check_step and control_ask. */
RESULT command_check_archive(const char *folder, struct store *store, struct control_archive_check *ret_check,
                             struct reason *reason);

#endif
